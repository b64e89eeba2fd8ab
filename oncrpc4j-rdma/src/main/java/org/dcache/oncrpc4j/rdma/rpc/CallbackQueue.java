// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The user code that one connection's events set off: it runs in order, one at a time, off the loop. A task of the executor runs all that came since,
 * so that a burst of replies wakes one thread once and not a thread each.
 *
 * <p>A callback that blocks holds up the later ones of its connection, as it does over TCP, where it holds up the selector's thread. Synchronous
 * calls do not depend on this queue. Any thread adds. A callback that throws is logged and the next one runs.
 */
final class CallbackQueue {

    private static final Logger LOG = LoggerFactory.getLogger(CallbackQueue.class);

    private final Executors executors;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pending = new AtomicInteger();
    private final Runnable drain = this::drain;

    CallbackQueue(Executors executors) {
        this.executors = executors;
    }

    void add(Runnable task) {
        tasks.add(task);
        if (pending.getAndIncrement() == 0) {
            executors.callback(drain);
        }
    }

    private void drain() {
        int done;
        do {
            done = 0;
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                try {
                    task.run();
                } catch (RuntimeException | Error e) {
                    LOG.error("Callback failed:", e);
                }
                done++;
            }
        } while (pending.addAndGet(-done) != 0);
    }
}
