// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.dcache.oncrpc4j.rdma.metrics.Counters;

/**
 * Calls that wait for memory to pull their Read chunks into. First come, first served, over all connections of a device, so that a large call
 * cannot be starved by small ones; nothing is refused for lack of memory. Any thread.
 */
final class SinkQueue {

    /** A waiter. */
    interface Waiter {
        int bytes();

        /** The memory is yours; on any thread, never inside {@link #request}. */
        void granted(Regbuf sink);

        /** True when it does not want the memory any more. */
        boolean cancelled();
    }

    private final RegbufPool pool;
    private final Counters counters;
    private final Executor blocking;
    private final boolean mayGrow;
    private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
    private volatile boolean waiting;

    /** @param blocking runs what may register memory, off the loops, in the order given; unused where that costs nothing */
    SinkQueue(RegbufPool pool, Counters counters, Executor blocking) {
        this.pool = pool;
        this.counters = counters;
        this.blocking = pool.takesHeap() ? Runnable::run : blocking;
        this.mayGrow = pool.takesHeap();
        pool.onRelease(this::released);
    }

    private void released() {
        if (waiting) {
            blocking.execute(this::serve);
        }
    }

    /** The sink at once, or null: then {@link Waiter#granted} comes later. */
    Regbuf request(Waiter waiter) {
        synchronized (this) {
            if (waiters.isEmpty()) {
                Regbuf sink = mayGrow ? pool.tryAcquire(waiter.bytes()) : pool.tryFree(waiter.bytes());
                if (sink != null) {
                    return sink;
                }
            }
            waiters.addLast(waiter);
            waiting = true;
        }
        counters.increment(XprtCounter.SINK_WAITS);
        drain();
        return null;
    }

    /** Serves those whose turn it is. Whoever gives up while it waits calls this too: others may wait behind it for less. */
    void drain() {
        released();
    }

    private void serve() {
        while (waiting) {
            Waiter waiter;
            Regbuf sink = null;
            boolean served = false;
            synchronized (this) {
                waiter = waiters.peekFirst();
                if (waiter == null) {
                    waiting = false;
                    return;
                }
                if (!waiter.cancelled()) {
                    sink = mayGrow ? pool.tryAcquire(waiter.bytes()) : pool.tryFree(waiter.bytes());
                }
                if (sink != null || waiter.cancelled()) {
                    waiters.pollFirst();
                    served = true;
                }
            }
            if (!served && (mayGrow || !serveGrown(waiter))) {
                return;
            }
            if (sink != null) {
                waiter.granted(sink);
            }
        }
    }

    /** Registers memory for the first in the queue, outside the lock since loops take it. False when there is none to be had now. */
    private boolean serveGrown(Waiter waiter) {
        Regbuf sink = pool.tryAcquire(waiter.bytes());
        if (sink == null) {
            return false;
        }
        boolean first;
        synchronized (this) {
            first = waiters.peekFirst() == waiter;
            if (first) {
                waiters.pollFirst();
            }
        }
        if (first) {
            waiter.granted(sink);
        } else {
            sink.release();
        }
        return true;
    }
}
