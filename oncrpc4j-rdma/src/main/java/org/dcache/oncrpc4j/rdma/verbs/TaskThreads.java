// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A few threads for tasks that may block. They come when there is something to do and go when they have had nothing for a while. Tasks
 * begin in the order of the calls.
 *
 * <p>It says of each task whether it runs. The JDK's own pool does not when the system gives no thread: a task that comes while another
 * caller fails to start the only thread stays in its queue, and nobody runs it. So here a thread is started, or not, under the monitor, and
 * a task is in the queue only when a thread is there for it. It belongs to who makes it, who closes it. {@link #execute} is for any thread
 * and never waits for a task. A task that throws is logged; its thread goes on.
 */
public final class TaskThreads implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TaskThreads.class);

    private final int most;
    private final long idleMillis;
    private final ThreadFactory factory;

    // guarded by this
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final Set<Thread> threads = new HashSet<>();
    private int idle;
    private boolean closed;

    /**
     * @param most threads at a time
     * @param idleMillis after which a thread that has nothing to do ends
     */
    public TaskThreads(int most, long idleMillis, ThreadFactory factory) {
        this.most = most;
        this.idleMillis = idleMillis;
        this.factory = factory;
    }

    /** @return false when it is closed or the system has no thread for it: the task will not run then */
    public synchronized boolean execute(Runnable task) {
        if (closed) {
            return false;
        }
        if (idle > tasks.size()) {
            notify();
        } else if (threads.size() < most && !start()) {
            return false;
        }
        tasks.add(task);
        return true;
    }

    private boolean start() {
        try {
            Thread thread = factory.newThread(this::run);
            thread.start();
            threads.add(thread);
            return true;
        } catch (OutOfMemoryError e) {
            return false;
        }
    }

    private void run() {
        for (Runnable task = next(); task != null; task = next()) {
            try {
                task.run();
            } catch (Throwable e) {
                LOG.error("a task failed", e);
            }
        }
    }

    /** The next task; null when the calling thread is to end, which is forgotten then. */
    private synchronized Runnable next() {
        long begin = System.nanoTime();
        idle++;
        while (tasks.isEmpty() && !closed) {
            long left = idleMillis - (System.nanoTime() - begin) / 1_000_000;
            if (left <= 0) {
                break;
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                LOG.debug("the interrupt of {} was ignored", Thread.currentThread());
            }
        }
        idle--;
        Runnable task = tasks.poll();
        if (task == null) {
            threads.remove(Thread.currentThread());
        }
        return task;
    }

    /** What was taken still runs, and is waited for, but for what the caller itself is running. Not on a loop. Idempotent. */
    @Override
    public void close() {
        List<Thread> left;
        synchronized (this) {
            closed = true;
            notifyAll();
            left = List.copyOf(threads);
        }
        boolean interrupted = false;
        for (Thread thread : left) {
            while (thread != Thread.currentThread() && thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
