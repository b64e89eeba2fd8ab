// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A loop whose thread sleeps in the JVM and not in its network: one that has tasks and timers only, or whose network another thread waits
 * for. It is started and stopped once, by who made it, and belongs to no class loader of a user.
 */
public class TaskLoop extends LoopWork {

    private static final int TASKS_PER_TURN = 256;

    private final LoopThread thread;

    public TaskLoop(String name) {
        super(TASKS_PER_TURN);
        thread = LoopThread.of(name, this::run, null);
    }

    /** @throws OutOfMemoryError when the system gives no thread */
    public final void start() {
        thread.start();
    }

    public final boolean inLoop() {
        return thread.isCurrent();
    }

    /** Ends it after the tasks that are queued, and waits for its thread. Not on the loop. */
    public final void stop() {
        beginStop();
        thread.awaitEnd();
    }

    @Override
    protected final void wake() {
        LockSupport.unpark(thread);
    }

    /**
     * Looks at the network, between tasks and timers. Must not throw. @return whether there was something, so that it is looked at again
     * before the loop sleeps
     */
    protected boolean turn() {
        return false;
    }

    private void run() {
        try {
            while (!isStopping()) {
                runTasks();
                boolean busy = turn();
                runTimers();
                if (!busy) {
                    sleep();
                }
            }
        } finally {
            runLastTasks();
        }
    }

    private void sleep() {
        long millis = fallAsleep();
        if (millis == FOREVER) {
            LockSupport.park(this);
        } else if (millis > 0) {
            LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(millis));
        }
        awake();
        // A thread that is interrupted does not park.
        Thread.interrupted();
    }
}
