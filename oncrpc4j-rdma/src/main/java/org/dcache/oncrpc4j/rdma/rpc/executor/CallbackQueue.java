// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.executor;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.xprt.link.SharedThreads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The user code that one connection's events set off, and for a service that wants its calls in order its dispatches, in a queue of their
 * own: it runs in order, one at a time, off the loop. A task of the shared pool runs all that came since, so that a burst of replies wakes
 * one thread once and not a thread each. Where programs and handlers may run in the loop ({@link Executors#staysOnLoop}), what a loop's own
 * thread adds it runs itself, at once, unless it is at it already or another thread is. A user's thread that serves the loop while it waits
 * for a reply does not: it may hold what a handler asks for.
 *
 * <p>A callback that blocks holds up the later ones of its connection, as it does over TCP, where it holds up the selector's thread.
 * Synchronous calls do not depend on this queue. Any thread adds. A callback that throws is logged and the next one runs.
 */
public final class CallbackQueue {

    private static final Logger LOG = LoggerFactory.getLogger(CallbackQueue.class);

    private final Executors executors;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pending = new AtomicInteger();
    private final Runnable drain = this::drain;
    private final Runnable giveDrain;
    private final boolean onLoop;

    /** @param onLoop whether a loop runs what it adds */
    public CallbackQueue(Executors executors, boolean onLoop) {
        this.executors = executors;
        this.onLoop = onLoop;
        this.giveDrain = executors.callback(drain);
    }

    public void add(Runnable task) {
        tasks.add(task);
        if (pending.getAndIncrement() == 0) {
            if (onLoop && SharedThreads.isLoopThread()) {
                executors.withLoader(drain);
            } else {
                giveDrain.run();
            }
        }
    }

    private void drain() {
        int counted = pending.get();
        do {
            // Only tasks that were counted: one that is in the queue but not counted yet would make the count lie, and start a second
            // drain.
            for (int i = 0; i < counted; i++) {
                try {
                    tasks.remove().run();
                } catch (RuntimeException | Error e) {
                    LOG.error("Callback failed:", e);
                }
            }
            counted = pending.addAndGet(-counted);
        } while (counted != 0);
    }
}
