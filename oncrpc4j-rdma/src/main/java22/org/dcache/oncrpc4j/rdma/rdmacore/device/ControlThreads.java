// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.verbs.TaskThreads;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopThread;
import org.dcache.oncrpc4j.rdma.verbs.parts.TaskLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads for calls that may block: making and destroying queue pairs, the connection manager, registering memory. A few daemon threads of
 * one adapter, which end when they are idle, and one that is always there: it runs, one after another, the tasks for which the system gives
 * no thread, so that connections come, go on and end without one. {@link #serial} gives each connection its own order.
 */
public final class ControlThreads {

    private static final Logger LOG = LoggerFactory.getLogger(ControlThreads.class);
    private static final int THREADS = 8;
    private static final long IDLE_MILLIS = 5_000;
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final TaskThreads pool;
    private final TaskLoop spare = new TaskLoop("rdma-core-control");

    /** @throws OutOfMemoryError when the system does not even give the one */
    public ControlThreads() {
        this(task -> LoopThread.of("rdma-core-control-" + NUMBER.incrementAndGet(), task, null));
    }

    public ControlThreads(ThreadFactory threads) {
        pool = new TaskThreads(THREADS, IDLE_MILLIS, threads);
        spare.start();
    }

    public void execute(Runnable task) {
        if (!pool.execute(task) && !spare.execute(task)) {
            throw new RejectedExecutionException("the adapter of this task was closed");
        }
    }

    /** The same in this time, or somewhat later; never if it is shut down before. */
    public void later(long millis, Runnable task) {
        spare.execute(() -> spare.schedule(millis, () -> execute(task)));
    }

    /** Tasks that were given still run. */
    public void shutdown() {
        pool.close();
        spare.stop();
    }

    /** A queue of tasks that run one after another. */
    public Serial serial() {
        return new Serial();
    }

    /** One connection's tasks. Any thread. */
    public final class Serial {

        private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        private boolean running;

        public void execute(Runnable task) {
            synchronized (this) {
                tasks.add(task);
                if (running) {
                    return;
                }
                running = true;
            }
            ControlThreads.this.execute(this::run);
        }

        private void run() {
            while (true) {
                Runnable task;
                synchronized (this) {
                    task = tasks.poll();
                    if (task == null) {
                        running = false;
                        return;
                    }
                }
                try {
                    task.run();
                } catch (Throwable e) {
                    LOG.error("a task of the connection manager failed", e);
                }
            }
        }
    }
}
