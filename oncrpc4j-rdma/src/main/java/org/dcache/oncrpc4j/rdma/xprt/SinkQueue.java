// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.util.ArrayDeque;
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
    private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
    private volatile boolean waiting;

    SinkQueue(RegbufPool pool, Counters counters) {
        this.pool = pool;
        this.counters = counters;
        pool.onRelease(this::drain);
    }

    /** The sink at once, or null: then {@link Waiter#granted} comes later. */
    Regbuf request(Waiter waiter) {
        synchronized (this) {
            if (waiters.isEmpty()) {
                Regbuf sink = pool.tryAcquire(waiter.bytes());
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
        while (waiting) {
            Waiter waiter;
            Regbuf sink = null;
            synchronized (this) {
                waiter = waiters.peekFirst();
                if (waiter == null) {
                    waiting = false;
                    return;
                }
                if (!waiter.cancelled()) {
                    sink = pool.tryAcquire(waiter.bytes());
                    if (sink == null) {
                        return;
                    }
                }
                waiters.pollFirst();
            }
            if (sink != null) {
                waiter.granted(sink);
            }
        }
    }
}
