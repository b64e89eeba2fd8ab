// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;

/**
 * Registered memory for data that lies in memory which is not: application's heap buffers, and regbufs made beyond the budget. Blocks come in powers of two, count in the adapter's budget, and are kept for the next
 * use. Any thread takes and gives back; a new block is registered by the thread that needs it, which is a loop only when a message that waited for credits goes out.
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
    private final List<ArrayDeque<Bounce>> free = new ArrayList<>();

    public BouncePool(Regions regions, MemoryBudget budget) {
        this.budget = budget;
        this.regions = regions;
        for (int shift = MIN_SHIFT; shift <= MAX_SHIFT; shift++) {
            free.add(new ArrayDeque<>());
        }
    }

    public Bounce take(long bytes) throws ResourceLimitException {
        int sizeClass = Math.max(MIN_SHIFT, 64 - Long.numberOfLeadingZeros(Math.max(1, bytes) - 1)) - MIN_SHIFT;
        if (sizeClass > MAX_SHIFT - MIN_SHIFT) {
            throw new ResourceLimitException("a message of " + bytes + " bytes in memory that is not registered");
        }
        synchronized (this) {
            Bounce bounce = free.get(sizeClass).pollLast();
            if (bounce != null) {
                return bounce;
            }
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
