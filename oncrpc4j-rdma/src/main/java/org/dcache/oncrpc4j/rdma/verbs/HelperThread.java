// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * A thread for what may block in the system, such as the registration of memory, so that no loop has to: one task after the other, in the
 * order of the calls.
 *
 * <p>It is there when it has something to do and goes when it has had nothing for a while. It belongs to who makes it, who closes it; tasks
 * that are given later are not taken. {@link #execute} is for any thread and never blocks.
 */
public final class HelperThread implements AutoCloseable {

    /** A thread that serves many connections and must not be made to wait by any. */
    public interface Loop {}

    private static final int IDLE_SECONDS = 30;

    /** Of each thread one element, whether it serves a loop for the time being. Of the JDK's types, so that it keeps no class loader. */
    private static final ThreadLocal<boolean[]> SERVES = ThreadLocal.withInitial(() -> new boolean[1]);

    private final ThreadPoolExecutor thread;
    private volatile Thread made;

    public HelperThread(String name) {
        thread = new ThreadPoolExecutor(1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread next = new Thread(null, task, name, 0, false);
            next.setDaemon(true);
            next.setContextClassLoader(null);
            made = next;
            return next;
        }, (task, executor) -> {
            throw new IllegalStateException(name + " has ended");
        });
        thread.allowCoreThreadTimeOut(true);
    }

    /** @return false when it is closed or the system has no thread to give: the task will not run then */
    public boolean execute(Runnable task) {
        try {
            thread.execute(task);
            return true;
        } catch (IllegalStateException | OutOfMemoryError e) {
            return false;
        }
    }

    /** Whether the caller is a loop of a provider, or serves one, and must not be made to wait. */
    public static boolean isLoop() {
        return isLoopThread() || SERVES.get()[0];
    }

    /** Whether the caller is a thread that a provider made for its loop. */
    public static boolean isLoopThread() {
        return Thread.currentThread() instanceof Loop;
    }

    /** A provider's: from now on the calling thread does a loop's work, or does so no more. */
    public static void serves(boolean value) {
        SERVES.get()[0] = value;
    }

    /** What was taken still runs, and is waited for unless the caller is the helper itself. Not on a loop. Idempotent. */
    @Override
    public void close() {
        thread.shutdown();
        Thread last = made;
        boolean interrupted = false;
        while (last != null && last != Thread.currentThread() && last.isAlive()) {
            try {
                last.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
