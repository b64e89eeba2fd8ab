// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.rx;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoop;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.parts.ReceiveShare;

/**
 * Receive buffers of one size for the connections of one adapter on one loop: the shared receive queue. A buffer is taken only
 * when a message arrives, so posted receives cost nothing.
 *
 * <p>The loop takes; any thread gives back. The buffer given back last is taken first, as it is still in the caches. Memory comes in slabs
 * from the adapter's budget, of which all pools together may have their {@link ReceiveShare}; each pool may have its first slab in any
 * case, so that it can always make progress. The helper thread makes them, since to allocate may take long: the first when the pool is
 * made, the next when few buffers are left and there is plenty of budget, or when none is left. Without a buffer {@link #take} says null,
 * and the connection waits with {@link #await} until one comes back or is made; when none can be made it is tried again.
 */
public final class ReceivePool {

    private static final int SLAB = 64 << 10;

    /** A pool that needs more gets as much again as it has, up to this. */
    private static final int LARGEST_SLAB = 1 << 20;

    private static final long RETRY_MILLIS = 100;

    /** What all pools of an adapter share. */
    public static final class Resources {
        private final MemoryBudget budget;
        private final ReceiveShare share;
        private final Executor helper;
        /** Counts the buffers that are taken and not given back. */
        private final LongAdder lent = new LongAdder();

        /** @param helper runs what may block; in the caller's thread only if the system has no other */
        public Resources(MemoryBudget budget, Executor helper) {
            this.budget = budget;
            this.share = new ReceiveShare(budget);
            this.helper = helper;
        }

        public long lent() {
            return lent.sum();
        }

        private boolean reserve(int bytes, boolean first) {
            if (first) {
                share.reserveAnyway(bytes);
            }
            return first || share.tryReserve(bytes);
        }
    }

    private final EventLoop loop;
    private final int size;
    private final Resources resources;
    private PooledReceive free;
    /** Buffers that there are; loop, like {@link #growing}. */
    private int made;
    private boolean growing;
    private final AtomicReference<PooledReceive> returned = new AtomicReference<>();
    private final ArrayDeque<Runnable> waiters = new ArrayDeque<>();
    private volatile boolean waiting;

    public ReceivePool(EventLoop loop, int size, Resources resources) {
        this.loop = loop;
        this.size = size;
        this.resources = resources;
        loop.execute(this::grow);
    }

    /** Bytes a message may have. */
    public int size() {
        return size;
    }

    /** Loop. */
    public PooledReceive take() {
        if (free == null) {
            free = returned.getAndSet(null);
            if (free == null) {
                grow();
                return null;
            }
        }
        PooledReceive buffer = free;
        free = buffer.next;
        int low = made / 4;
        if (depth(free) <= low && depth(free) + depth(returned.get()) <= low && resources.budget.used() <= resources.budget.limit() / 2) {
            grow();
        }
        resources.lent.increment();
        return buffer.taken();
    }

    /** Loop: whether {@link #take} would say null. */
    public boolean isEmpty() {
        return free == null && returned.get() == null;
    }

    /** Loop: runs {@code retry} once when there may be a buffer again. */
    public void await(Runnable retry) {
        waiters.add(retry);
        waiting = true;
        if (free != null || returned.get() != null) {
            loop.execute(this::wake);
        }
    }

    /** Any thread. */
    void giveBack(PooledReceive buffer) {
        resources.lent.decrement();
        if (loop.inLoop()) {
            push(buffer);
        } else {
            PooledReceive top;
            do {
                top = returned.get();
                buffer.next = top;
                buffer.depth = depth(top) + 1;
            } while (!returned.compareAndSet(top, buffer));
        }
        if (waiting) {
            loop.execute(this::wake);
        }
    }

    private void push(PooledReceive buffer) {
        buffer.next = free;
        buffer.depth = depth(free) + 1;
        free = buffer;
    }

    private static int depth(PooledReceive top) {
        return top == null ? 0 : top.depth;
    }

    private void wake() {
        for (int i = waiters.size(); i > 0 && (free != null || returned.get() != null); i--) {
            waiters.poll().run();
        }
        waiting = !waiters.isEmpty();
    }

    /** Loop: has the next slab made, one at a time. */
    private void grow() {
        if (growing) {
            return;
        }
        growing = true;
        boolean first = made == 0;
        int count = Math.max(1, (int) Math.min(LARGEST_SLAB, Math.max(SLAB, (long) made * size)) / Math.max(1, size));
        resources.helper.execute(() -> {
            ByteBuffer[] slab = new ByteBuffer[1];
            try {
                slab[0] = slab(count * Math.max(1, size), first);
            } finally {
                loop.execute(() -> grown(slab[0], count));
            }
        });
    }

    /** Null when there is no memory. */
    private ByteBuffer slab(int bytes, boolean first) {
        if (!resources.reserve(bytes, first)) {
            return null;
        }
        try {
            return ByteBuffer.allocateDirect(bytes);
        } catch (OutOfMemoryError e) {
            // The budget promised more than the JVM has.
            resources.share.release(bytes);
            return null;
        }
    }

    private void grown(ByteBuffer slab, int count) {
        growing = false;
        if (slab != null) {
            for (int i = 0; i < count; i++) {
                push(new PooledReceive(this, slab.slice(i * size, size)));
            }
            made += count;
            wake();
        } else if (waiting) {
            loop.schedule(RETRY_MILLIS, () -> {
                if (waiting && free == null) {
                    grow();
                }
            });
        }
    }
}
