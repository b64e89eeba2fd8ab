// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/**
 * Registered memory for data that lies in memory which is not: application's heap buffers, and regbufs made beyond the budget. Blocks come
 * in powers of two, count in the adapter's budget, and are kept for the next use. Any thread gives back and {@link #poll}s for what lies
 * ready; {@link #make} has a control thread add a block, since to register memory may block. Only {@link #take} makes one itself, for
 * exposures of such memory, which are not made on loops.
 */
public final class BouncePool {

    private static final int MIN_SHIFT = 12;
    private static final int MAX_SHIFT = 30;

    /** One block. Whoever took it owns it. */
    public static final class Bounce {
        private final Region region;
        private final int sizeClass;

        private Bounce(Region region, int sizeClass) {
            this.region = region;
            this.sizeClass = sizeClass;
        }

        public Region region() {
            return region;
        }

        public long address() {
            return region.address();
        }
    }

    private final Regions regions;
    private final MemoryBudget budget;
    private final ControlThreads control;
    private final Counters counters;
    private final List<ArrayDeque<Bounce>> free = new ArrayList<>();

    public BouncePool(Regions regions, MemoryBudget budget, ControlThreads control, Counters counters) {
        this.counters = counters;
        this.budget = budget;
        this.control = control;
        this.regions = regions;
        for (int shift = MIN_SHIFT; shift <= MAX_SHIFT; shift++) {
            free.add(new ArrayDeque<>());
        }
    }

    private static int sizeClass(long bytes) {
        return Math.max(MIN_SHIFT, 64 - Long.numberOfLeadingZeros(Math.max(1, bytes) - 1)) - MIN_SHIFT;
    }

    /** A block for so many bytes; null when none lies ready. */
    public Bounce poll(long bytes) {
        int sizeClass = sizeClass(bytes);
        synchronized (this) {
            return sizeClass > MAX_SHIFT - MIN_SHIFT ? null : free.get(sizeClass).pollLast();
        }
    }

    /**
     * Adds a block for so many bytes, for who polls first.
     *
     * @param made runs then, on a control thread, with the reason when there is none
     */
    public void make(long bytes, Consumer<VerbsException> made) {
        control.execute(() -> {
            ResourceLimitException problem = null;
            try {
                giveBack(allocate(bytes));
            } catch (ResourceLimitException e) {
                problem = e;
            } catch (OutOfMemoryError e) {
                problem = new ResourceLimitException("no memory for a message of " + bytes
                        + " bytes that lies in memory that is not registered: "
                        + e.getMessage(), e);
            }
            made.accept(problem);
        });
    }

    /** The same for an exposure; made here when none lies ready. */
    public Bounce take(long bytes) throws ResourceLimitException {
        Bounce bounce = poll(bytes);
        if (bounce != null) {
            return bounce;
        }
        if (HelperThread.isLoop()) {
            counters.increment(RdmaCoreCounter.REGISTERED_ON_LOOP);
        }
        return allocate(bytes);
    }

    private Bounce allocate(long bytes) throws ResourceLimitException {
        int sizeClass = sizeClass(bytes);
        if (sizeClass > MAX_SHIFT - MIN_SHIFT) {
            throw new ResourceLimitException("a message of " + bytes + " bytes in memory that is not registered");
        }
        int size = 1 << sizeClass + MIN_SHIFT;
        Region region = null;
        budget.reserveAnyway(size);
        try {
            region = regions.register(ByteBuffer.allocateDirect(size));
        } finally {
            if (region == null) {
                budget.release(size);
            }
        }
        return new Bounce(region, sizeClass);
    }

    public synchronized void giveBack(Bounce bounce) {
        free.get(bounce.sizeClass).addLast(bounce);
    }
}
