// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

/**
 * A thread for what may block in the system, such as the registration of memory, so that no loop has to: one task after the other, in the
 * order of the calls.
 *
 * <p>It is there when it has something to do and goes when it has had nothing for a while ({@link TaskThreads}). It belongs to who makes
 * it, who closes it; tasks that are given later are not taken. {@link #execute} is for any thread and never blocks.
 */
public final class HelperThread implements AutoCloseable {

    /** A thread that serves many connections and must not be made to wait by any. */
    public interface Loop {}

    private static final long IDLE_MILLIS = 30_000;

    /** Of each thread one element, whether it serves a loop for the time being. Of the JDK's types, so that it keeps no class loader. */
    private static final ThreadLocal<boolean[]> SERVES = ThreadLocal.withInitial(() -> new boolean[1]);

    private final TaskThreads thread;

    public HelperThread(String name) {
        thread = new TaskThreads(1, IDLE_MILLIS, task -> OwnThread.of(name, task));
    }

    /** @return false when it is closed or the system has no thread to give: the task will not run then */
    public boolean execute(Runnable task) {
        return thread.execute(task);
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
        thread.close();
    }
}
