// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.link;

import java.util.concurrent.Delayed;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.OwnThread;

/**
 * Threads of the process besides the providers' loops: one timer, and one pool for handlers of replies, for services whose own executor is
 * a direct one, and for what an executor would run in a thread that must not wait. All are daemon threads, counted, and gone with their
 * last user, so that an application that is unloaded leaves nothing behind.
 *
 * <p>The timer has its thread from the first acquisition on, which fails when the system has none to give: who has the timer can rely on
 * it. Workers are made when they are needed; what comes while the system has no thread waits for one.
 */
public final class SharedThreads {

    private static final int WORKERS = Math.max(8, 4 * Runtime.getRuntime().availableProcessors());

    private static ScheduledThreadPoolExecutor timer;
    private static int timerUsers;
    private static Workers workers;
    private static int workerUsers;

    private SharedThreads() {}

    /** The timer. Its tasks must be short; each acquisition is given back with {@link #releaseTimer}. */
    public static synchronized ScheduledThreadPoolExecutor acquireTimer() {
        if (timerUsers == 0) {
            ScheduledThreadPoolExecutor made = new ScheduledThreadPoolExecutor(1, named("rpcrdma timer", TimerThread::timer));
            made.setRemoveOnCancelPolicy(true);
            made.prestartCoreThread();
            timer = made;
        }
        timerUsers++;
        return timer;
    }

    /** What is due still runs; what is for later does not. */
    public static synchronized void releaseTimer() {
        if (--timerUsers == 0) {
            timer.shutdown();
            for (Runnable task : timer.getQueue().toArray(Runnable[]::new)) {
                if (((Delayed) task).getDelay(TimeUnit.NANOSECONDS) > 0) {
                    timer.remove(task);
                }
            }
            timer = null;
        }
    }

    /** The pool for user code; each acquisition is given back with {@link #releaseWorkers}. */
    public static synchronized ThreadPoolExecutor acquireWorkers() {
        if (workerUsers == 0) {
            ScheduledThreadPoolExecutor clock = acquireTimer();
            workers = new Workers(clock);
        }
        workerUsers++;
        return workers;
    }

    /** Tasks that are queued still run. */
    public static synchronized void releaseWorkers() {
        if (--workerUsers == 0) {
            workers.shutdown();
            workers = null;
            releaseTimer();
        }
    }

    /** A daemon thread that has nothing of who makes it; not started yet. */
    public static Thread daemon(String name, Runnable body) {
        return OwnThread.of(name, body);
    }

    /** How many acquisitions have not been given back; for leak checks. */
    public static synchronized int users() {
        return timerUsers + workerUsers;
    }

    /** Whether the calling thread is a provider's loop. */
    public static boolean isLoop() {
        return HelperThread.isLoop();
    }

    /** Whether the calling thread was made for a provider's loop: no user's thread that serves one while it waits. */
    public static boolean isLoopThread() {
        return HelperThread.isLoopThread();
    }

    /** Whether the calling thread serves many connections, so that no user code may run in it: a provider's loop, or the timer. */
    public static boolean mustNotWait() {
        return isLoop() || Thread.currentThread() instanceof TimerThread;
    }

    private static final class TimerThread extends OwnThread {
        private TimerThread(String name, Runnable task) {
            super(name, task, null);
        }

        static OwnThread timer(String name, Runnable task) {
            return make(() -> new TimerThread(name, task));
        }
    }

    /**
     * Loses no task for want of a thread, and lets none wait for good behind others that wait for it: the programs of many services are
     * among them. While tasks wait and none ends, more threads are made, as many again every time.
     */
    private static final class Workers extends ThreadPoolExecutor {

        private static final long RETRY_MILLIS = 100;
        private static final long STUCK_MILLIS = 50;

        private final ScheduledThreadPoolExecutor clock;
        private final AtomicBoolean watched = new AtomicBoolean();
        /** Tasks that had ended at the last look. On the timer's thread. */
        private long ended;

        Workers(ScheduledThreadPoolExecutor clock) {
            super(WORKERS, Integer.MAX_VALUE, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), named("rpcrdma worker", OwnThread::of));
            allowCoreThreadTimeOut(true);
            this.clock = clock;
        }

        /** Any thread: a task was given. */
        private void watch() {
            if (!getQueue().isEmpty() && !watched.get() && watched.compareAndSet(false, true)) {
                lookLater();
            }
        }

        private void lookLater() {
            try {
                clock.schedule(this::look, STUCK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException | OutOfMemoryError e) {
                // The last user has gone, or there is no memory: for now what is queued runs with the threads that there are.
                watched.set(false);
            }
        }

        private void look() {
            boolean waits = !getQueue().isEmpty();
            long now = getCompletedTaskCount();
            if (!waits) {
                setCorePoolSize(WORKERS);
                watched.set(false);
                watch();
            } else {
                if (now == ended) {
                    grow();
                }
                lookLater();
            }
            ended = now;
        }

        private void grow() {
            try {
                setCorePoolSize(getCorePoolSize() + WORKERS);
            } catch (OutOfMemoryError e) {
                // With the threads that there are, then, or at the next look.
            }
        }

        @Override
        public void execute(Runnable task) {
            try {
                super.execute(task);
            } catch (OutOfMemoryError e) {
                // The system has no thread for it now: it is for one of those that there are, or for the next that can be made.
                if (!getQueue().contains(task)) {
                    getQueue().add(task);
                }
                startLater();
            }
            watch();
        }

        private void startLater() {
            clock.schedule(this::startOne, RETRY_MILLIS, TimeUnit.MILLISECONDS);
        }

        private void startOne() {
            try {
                if (!getQueue().isEmpty()) {
                    prestartCoreThread();
                }
            } catch (OutOfMemoryError e) {
                startLater();
            }
        }
    }

    private static ThreadFactory named(String name, BiFunction<String, Runnable, OwnThread> maker) {
        AtomicInteger count = new AtomicInteger();
        return task -> maker.apply(name + " " + count.incrementAndGet(), task);
    }
}
