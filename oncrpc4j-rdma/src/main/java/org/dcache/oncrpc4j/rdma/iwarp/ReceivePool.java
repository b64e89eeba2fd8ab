// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/**
 * Receive buffers of one size for the connections of one adapter on one loop: the shared receive queue. A buffer is taken only
 * when a message arrives, so posted receives cost nothing.
 *
 * <p>The loop takes; any thread gives back. The buffer given back last is taken first, as it is still in the caches. Memory comes in slabs
 * against a budget that all pools of the adapter share; each pool may have its first slab in any case, so that it can always make
 * progress. Without memory {@link #take} says null, and the connection waits with {@link #await} until a buffer comes back.
 */
final class ReceivePool {

    private static final int SLAB = 64 << 10;

    private final EventLoop loop;
    private final int size;
    private final AtomicLong budget;
    private final LongAdder lent;
    private PooledReceive free;
    private boolean hasSlab;
    private final AtomicReference<PooledReceive> returned = new AtomicReference<>();
    private final ArrayDeque<Runnable> waiters = new ArrayDeque<>();
    private volatile boolean waiting;

    /**
     * @param budget bytes left for receive buffers
     * @param lent counts the buffers that are taken and not given back
     */
    ReceivePool(EventLoop loop, int size, AtomicLong budget, LongAdder lent) {
        this.loop = loop;
        this.size = size;
        this.budget = budget;
        this.lent = lent;
    }

    /** Bytes a message may have. */
    int size() {
        return size;
    }

    /** Loop. */
    PooledReceive take() {
        if (free == null) {
            free = returned.getAndSet(null);
            if (free == null && !allocate()) {
                return null;
            }
        }
        PooledReceive buffer = free;
        free = buffer.next;
        lent.increment();
        return buffer.taken();
    }

    /** Loop: runs {@code retry} once when there may be a buffer again. */
    void await(Runnable retry) {
        waiters.add(retry);
        waiting = true;
        if (returned.get() != null) {
            loop.execute(this::wake);
        }
    }

    /** Any thread. */
    void giveBack(PooledReceive buffer) {
        lent.decrement();
        if (loop.inLoop()) {
            buffer.next = free;
            free = buffer;
        } else {
            PooledReceive top;
            do {
                top = returned.get();
                buffer.next = top;
            } while (!returned.compareAndSet(top, buffer));
        }
        if (waiting) {
            loop.execute(this::wake);
        }
    }

    private void wake() {
        for (int i = waiters.size(); i > 0 && (free != null || returned.get() != null); i--) {
            waiters.poll().run();
        }
        waiting = !waiters.isEmpty();
    }

    private boolean allocate() {
        int count = Math.max(1, SLAB / Math.max(1, size));
        int bytes = count * Math.max(1, size);
        if (budget.addAndGet(-bytes) < 0 && hasSlab) {
            budget.addAndGet(bytes);
            return false;
        }
        ByteBuffer slab;
        try {
            slab = ByteBuffer.allocateDirect(bytes);
        } catch (OutOfMemoryError e) {
            // The budget promised more than the JVM has. With buffers under way this pool can wait for one of them.
            budget.addAndGet(bytes);
            if (hasSlab) {
                return false;
            }
            throw e;
        }
        hasSlab = true;
        for (int i = 0; i < count; i++) {
            PooledReceive buffer = new PooledReceive(this, slab.slice(i * size, size));
            buffer.next = free;
            free = buffer;
        }
        return true;
    }
}
