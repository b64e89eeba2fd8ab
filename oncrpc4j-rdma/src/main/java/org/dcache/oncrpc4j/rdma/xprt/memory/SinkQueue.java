// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.memory;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;

/**
 * Calls that wait for memory to pull their Read chunks into. First come, first served, over all connections of a device, so that a large
 * call cannot be starved by small ones; nothing is refused for lack of memory. Any thread.
 */
public final class SinkQueue {

    /** A waiter. */
    public interface Waiter {
        int bytes();

        /** The memory is yours; on any thread, never inside {@link #request}. */
        void granted(Regbuf sink);

        /** True when it does not want the memory any more. */
        boolean cancelled();
    }

    private final RegbufPool pool;
    private final Counters counters;
    private final Executor blocking;
    private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
    private volatile boolean waiting;

    /** @param blocking runs what may allocate or register memory, off the loops, in the order given */
    public SinkQueue(RegbufPool pool, Counters counters, Executor blocking) {
        this.pool = pool;
        this.counters = counters;
        this.blocking = blocking;
        pool.onRelease(this::released);
    }

    private void released() {
        if (!waiting) {
            return;
        }
        if (pool.takesHeap() && !HelperThread.isLoop()) {
            serve();
        } else {
            blocking.execute(this::serve);
        }
    }

    /** The sink at once, or null: then {@link Waiter#granted} comes later. */
    public Regbuf request(Waiter waiter) {
        Regbuf sink = waiting ? null : pool.tryAcquire(waiter.bytes());
        if (sink != null) {
            return sink;
        }
        synchronized (this) {
            waiters.addLast(waiter);
            waiting = true;
        }
        counters.increment(XprtCounter.SINK_WAITS);
        drain();
        return null;
    }

    /** Serves those whose turn it is. Whoever gives up while it waits calls this too: others may wait behind it for less. */
    public void drain() {
        released();
    }

    /**
     * Looks whether there is memory again that nobody told of: the JVM's own, or that which could not be made for want of a thread. Any
     * thread, from time to time.
     */
    public void lookAgain() {
        if (waiting) {
            blocking.execute(this::serve);
        }
    }

    /** Not on a loop. Memory is made outside the lock, since loops take it; who waited first is served first all the same. */
    private void serve() {
        while (waiting) {
            Waiter waiter;
            boolean cancelled;
            synchronized (this) {
                waiter = waiters.peekFirst();
                if (waiter == null) {
                    waiting = false;
                    return;
                }
                cancelled = waiter.cancelled();
            }
            Regbuf sink = cancelled ? null : pool.tryAcquire(waiter.bytes());
            if (sink == null && !cancelled) {
                return;
            }
            boolean first;
            synchronized (this) {
                first = waiters.peekFirst() == waiter;
                if (first) {
                    waiters.pollFirst();
                }
            }
            if (sink != null) {
                if (first) {
                    waiter.granted(sink);
                } else {
                    sink.release();
                }
            }
        }
    }
}
