// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.loop;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.ToIntFunction;
import org.dcache.oncrpc4j.rdma.rdmacore.device.ControlThreads;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Region;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Regions;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receive buffers of one size on one device, in slabs that are registered once and stay until the adapter is closed. Any thread takes and gives back, last in first out, under a short
 * lock. What it has counts in the adapter's budget, but a connection is not refused for it: messages get less. It grows on control threads: {@link #reserve} before a connection takes its receives, {@link #await} when
 * handlers hold so many that none is left; it goes on until nobody waits, or it cannot: then a buffer that comes back wakes who waits first.
 */
public final class ReceivePool {

    private static final Logger LOG = LoggerFactory.getLogger(ReceivePool.class);
    private static final int SLAB = 256 << 10;

    private final Regions regions;
    private final ToIntFunction<Region> localKey;
    private final ControlThreads control;
    private final int size;
    private final MemoryBudget budget;
    private final ArrayDeque<Runnable> waiters = new ArrayDeque<>();
    private PooledReceive free;
    private int freeCount;
    private int made;
    private boolean growing;

    /** @param localKey of a region on the device */
    public ReceivePool(Regions regions, ToIntFunction<Region> localKey, ControlThreads control, int size, MemoryBudget budget) {
        this.budget = budget;
        this.regions = regions;
        this.localKey = localKey;
        this.control = control;
        this.size = size;
    }

    /** Bytes a message may have. */
    public int size() {
        return size;
    }

    /** Control thread: makes sure that this many are there now. */
    public void reserve(int count) throws ResourceLimitException {
        while (true) {
            synchronized (this) {
                if (freeCount >= count) {
                    return;
                }
            }
            grow();
            wake();
        }
    }

    private void grow() throws ResourceLimitException {
        // Whole cache lines, so that the device's writes and the handlers' reads of neighbours do not meet.
        int stride = size + 63 & ~63;
        int count = Math.max(1, SLAB / stride);
        ByteBuffer slab;
        Region region = null;
        budget.reserveAnyway(count * stride);
        try {
            slab = ByteBuffer.allocateDirect(count * stride);
            region = regions.register(slab);
        } finally {
            if (region == null) {
                budget.release(count * stride);
            }
        }
        synchronized (this) {
            made += count;
            for (int i = 0; i < count; i++) {
                push(new PooledReceive(this, slab.slice(i * stride, size), localKey.applyAsInt(region)));
            }
        }
    }

    /** Buffers that are posted, or with handlers. */
    public synchronized int lent() {
        return made - freeCount;
    }

    private void push(PooledReceive buffer) {
        buffer.next = free;
        free = buffer;
        freeCount++;
    }

    /** Null when there is none. */
    public synchronized PooledReceive take() {
        PooledReceive buffer = free;
        if (buffer != null) {
            free = buffer.next;
            buffer.next = null;
            freeCount--;
        }
        return buffer;
    }

    public void giveBack(PooledReceive buffer) {
        synchronized (this) {
            push(buffer);
            if (waiters.isEmpty()) {
                return;
            }
        }
        wake();
    }

    /** Runs {@code retry} once when there may be a buffer again; on any thread, it must only pass on. */
    public void await(Runnable retry) {
        boolean start;
        synchronized (this) {
            waiters.add(retry);
            start = !growing;
            growing = true;
        }
        if (start) {
            control.execute(this::growForWaiters);
        }
    }

    /** Control: until nobody waits any more, or the pool cannot grow. */
    private void growForWaiters() {
        while (true) {
            boolean grown = false;
            try {
                grow();
                grown = true;
            } catch (ResourceLimitException | OutOfMemoryError e) {
                LOG.warn("no more receives of {} bytes for now: {}", size, e.getMessage());
            }
            wake();
            synchronized (this) {
                // Who was woken may wait again, and who found the new ones gone still does; those whose turn never came would wait for ever.
                if (waiters.isEmpty() || !grown && free == null) {
                    growing = false;
                    return;
                }
            }
        }
    }

    private void wake() {
        while (true) {
            Runnable waiter;
            synchronized (this) {
                waiter = free == null ? null : waiters.poll();
            }
            if (waiter == null) {
                return;
            }
            waiter.run();
        }
    }
}
