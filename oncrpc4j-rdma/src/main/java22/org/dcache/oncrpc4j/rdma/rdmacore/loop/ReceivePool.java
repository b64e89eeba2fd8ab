// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.loop;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.ToIntFunction;
import org.dcache.oncrpc4j.rdma.rdmacore.device.ControlThreads;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Region;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Regions;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.verbs.parts.ReceiveShare;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receive buffers of one size on one device, in slabs that are registered once and stay until the adapter is closed. Any thread takes and
 * gives back, last in first out, under a short lock. The slabs count in the adapter's {@link ReceiveShare}. The pool grows on control
 * threads: {@link #reserve} before a connection takes its receives, which refuses the connection when there is no memory, {@link #await}
 * when handlers hold so many that none is left; it goes on until nobody waits. When it cannot grow, a buffer that comes back wakes who
 * waits first, and it is tried again.
 */
public final class ReceivePool {

    private static final Logger LOG = LoggerFactory.getLogger(ReceivePool.class);
    private static final int SLAB = 256 << 10;
    private static final long RETRY_MILLIS = 100;

    private final Regions regions;
    private final ToIntFunction<Region> localKey;
    private final ControlThreads control;
    private final int size;
    private final ReceiveShare share;
    private final ArrayDeque<Runnable> waiters = new ArrayDeque<>();
    private PooledReceive free;
    private int freeCount;
    private int made;
    private boolean growing;
    private boolean refusalLogged;

    /** @param localKey of a region on the device */
    public ReceivePool(Regions regions, ToIntFunction<Region> localKey, ControlThreads control, int size, ReceiveShare share) {
        this.share = share;
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
        share.reserve((long) count * stride);
        try {
            slab = ByteBuffer.allocateDirect(count * stride);
            region = regions.register(slab);
        } finally {
            if (region == null) {
                share.release((long) count * stride);
            }
        }
        synchronized (this) {
            refusalLogged = false;
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

    /** Runs {@code retry} once when there may be a buffer again; on any thread, a loop's too: it may post receives, and must not wait. */
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

    /** Control: until nobody waits any more. */
    private void growForWaiters() {
        while (true) {
            boolean grown = false;
            try {
                grow();
                grown = true;
            } catch (ResourceLimitException | OutOfMemoryError e) {
                refused(e);
            }
            wake();
            synchronized (this) {
                // Who was woken may wait again, and who found the new ones gone still does; those whose turn never came would wait for
                // ever.
                if (waiters.isEmpty()) {
                    growing = false;
                    return;
                }
                if (!grown && free == null) {
                    control.later(RETRY_MILLIS, this::growForWaiters);
                    return;
                }
            }
        }
    }

    /** Once until it has grown again. */
    private synchronized void refused(Throwable why) {
        if (!refusalLogged) {
            refusalLogged = true;
            LOG.warn("no more receives of {} bytes for now: {}", size, why.getMessage());
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
