// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.executor;

import com.google.common.util.concurrent.MoreExecutors;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.RejectedExecutionHandler;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.Leadable;
import org.dcache.oncrpc4j.rdma.xprt.link.SharedThreads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a service's user code runs. Its programs: on the service's own executor, or, when that one runs tasks in the calling thread
 * (oncrpc4j's same-thread strategy), on the pool that all services share, one call of a connection after the other ({@link #inOrder}).
 * Handlers of replies and listeners: on that pool, since over TCP they do not need a thread of the service either, all of which may be
 * waiting for them.
 *
 * <p>The threads of RDMA serve many services, and their context class loader is none of a program's. User code has the one that it has over
 * TCP: that of the thread that started the service, on the shared pool, in a loop, and in threads that the service's executor makes when it
 * is given a task. Those would also inherit the thread-locals of the thread that gives it, and before Java 24 its subject. A loop's own
 * thread has none; a thread of another program that serves the loop while it waits has, so it gives no task to an executor that may make a
 * thread: the timer does ({@link #givesHere}).
 *
 * <p>A loop does not run user code, but for a same-thread service whose admin allows it by name ({@link #staysOnLoop}), nor does the timer.
 * An executor may still do that to them: a full one with a caller-runs policy, or one that helps with older tasks. So each task looks at
 * the thread that it runs in, and moves to the shared pool if that must not wait. A bounded pool with a rejection handler of a program's
 * own may hold up who gives it a task until it has room: that pool gives it tasks, one after the other. One that may drop tasks is given
 * each call by itself, so that no other one is lost with it. Any thread.
 */
public final class Executors {

    private static final Logger LOG = LoggerFactory.getLogger(Executors.class);

    private final ExecutorService chosen;
    private final ExecutorService shared;
    private final ScheduledThreadPoolExecutor timer;
    /** The service's executor, if it may drop tasks or hold up who gives it one; null when it may not, as far as is known. */
    private final ThreadPoolExecutor doubtful;
    /** Gives that one tasks; null when a loop may. */
    private final Executor giver;
    /** Which thread does so just now. */
    private volatile Thread giving;
    private final ClassLoader loader = Thread.currentThread().getContextClassLoader();
    private final Counters counters;
    private final boolean inOrder;
    private final boolean staysOnLoop;
    private final boolean arrivesInOrder;
    private final FairQueue calls = new FairQueue();
    private final LeadingWorkers leaders;

    /**
     * By the thread that starts the service, or has its first connection made.
     *
     * @param shared its threads inherit nothing
     * @param timer the process's, whose thread inherited nothing
     * @param sameThread whether what a same-thread service does may run in a loop, see {@code oncrpc.rdma.same-thread}
     */
    public Executors(ExecutorService own, ExecutorService shared, ScheduledThreadPoolExecutor timer, boolean sameThread,
            Counters counters) {
        this(own, shared, timer, sameThread, counters, new ShortCalls());
    }

    Executors(ExecutorService own, ExecutorService shared, ScheduledThreadPoolExecutor timer, boolean sameThread, Counters counters,
            ShortCalls shortCalls) {
        this.shared = shared;
        this.timer = timer;
        this.counters = counters;
        this.inOrder = isDirect(own);
        this.staysOnLoop = inOrder && sameThread;
        this.chosen = inOrder ? shared : own;
        RejectedExecutionHandler whenFull = own instanceof ThreadPoolExecutor pool && !isUnbounded(pool)
                ? pool.getRejectedExecutionHandler() : null;
        boolean known = whenFull == null || whenFull.getClass() == ThreadPoolExecutor.AbortPolicy.class
                || whenFull.getClass() == ThreadPoolExecutor.CallerRunsPolicy.class;
        this.doubtful = known ? null : (ThreadPoolExecutor) own;
        this.giver = known || whenFull.getClass().getModule() == ExecutorService.class.getModule() ? null
                : MoreExecutors.newSequentialExecutor(shared);
        this.arrivesInOrder = inOrder || hasOneThread(own);
        this.leaders = new LeadingWorkers(own, counters, shortCalls, this::follow);
    }

    /** How many threads a pool has at most: with a queue without bounds none beyond its core threads, but one. */
    static int threads(ThreadPoolExecutor pool) {
        return isUnbounded(pool) ? Math.max(1, pool.getCorePoolSize()) : pool.getMaximumPoolSize();
    }

    static boolean isUnbounded(ThreadPoolExecutor pool) {
        // What is in the queue counts.
        return pool.getQueue().remainingCapacity() > Integer.MAX_VALUE / 2;
    }

    /** A pool of one thread, also where the JDK hides that it is one. */
    private static boolean hasOneThread(ExecutorService executor) {
        return executor instanceof ThreadPoolExecutor pool ? threads(pool) == 1
                : executor.getClass().getName().endsWith("DelegatedExecutorService");
    }

    /**
     * Tries it out: a direct executor has run the task when {@code execute} returns, in this thread. The JDK has none; its own are not
     * tried, since that would make a thread, and a program that never needs one would not end with its main thread.
     */
    private static boolean isDirect(ExecutorService executor) {
        if (executor.getClass().getModule() == ExecutorService.class.getModule()) {
            return false;
        }
        Thread[] ranIn = new Thread[1];
        try {
            executor.execute(() -> ranIn[0] = Thread.currentThread());
        } catch (RuntimeException | Error e) {
            return false;
        }
        return ranIn[0] == Thread.currentThread();
    }

    /**
     * Whether the service has its calls in the order of their connection, as it has over TCP: then they go through a {@link CallbackQueue}.
     */
    public boolean inOrder() {
        return inOrder;
    }

    /**
     * Whether calls are to come in the order in which their connection brought them, those included that are pulled: over TCP a service
     * with one thread runs them in that order, and a program may count on it.
     */
    public boolean arrivesInOrder() {
        return arrivesInOrder;
    }

    /** Whether a loop runs the service's calls and callbacks itself, where the connection's memory allows that. */
    public boolean staysOnLoop() {
        return staysOnLoop;
    }

    /** Whether threads of the service serve loops while they wait for calls, see {@link LeadingWorkers}. */
    public boolean workersLead() {
        return leaders.any();
    }

    /**
     * Runs the dispatch of a call when its connection has its turn; rejects one when the service takes no more or has no thread for it.
     *
     * @param loop the one of its connection
     */
    public void dispatch(FairQueue.Flow flow, FairQueue.Work call, Leadable loop) {
        if (leaders.keep(call, loop, calls)) {
            return;
        }
        if (doubtful != null) {
            giveAlone(call, loop);
            return;
        }
        // All that may need memory comes before the call is in the queue.
        Turn turn = new Turn(loop, flow, call);
        if (givesHere()) {
            calls.add(flow, call);
            giveTurn(turn);
        } else {
            Runnable give = () -> giveTurn(turn);
            calls.add(flow, call);
            giveInTimer(give);
        }
    }

    private void giveAlone(FairQueue.Work call, Leadable loop) {
        Runnable give = () -> {
            if (doubtful.isShutdown() || !give(new Turn(loop, null, call))) {
                call.rejected();
            }
        };
        if (giver != null && SharedThreads.mustNotWait()) {
            giveInPool(give, call);
        } else if (givesHere()) {
            give.run();
        } else {
            giveInTimer(give);
        }
    }

    private void giveInPool(Runnable give, FairQueue.Work call) {
        try {
            giver.execute(() -> {
                giving = Thread.currentThread();
                try {
                    give.run();
                } finally {
                    giving = null;
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("the service has stopped, and the shared pool with it", e);
            call.rejected();
        }
    }

    private void giveTurn(Turn turn) {
        if (!give(turn)) {
            FairQueue.Work call = calls.takeBack(turn.flow);
            if (call != null) {
                call.rejected();
            }
        }
    }

    /** Whether no thread that is made for a task that is given now inherits from a program that has nothing to do with it. */
    private boolean givesHere() {
        return inOrder || SharedThreads.isLoopThread() || !SharedThreads.isLoop() || leaders.isComplete();
    }

    private void giveInTimer(Runnable give) {
        try {
            timer.execute(give);
        } catch (RuntimeException | Error e) {
            LOG.debug("the service has stopped, and the timer with it, or there is no memory", e);
            give.run();
        }
    }

    /** Has a thread of the service serve this loop until a call comes. @return whether there is one */
    private boolean follow(Leadable loop) {
        return give(new Turn(loop, null, null));
    }

    /** @return false when the service's executor does not take it, and it will not run */
    private boolean give(Turn turn) {
        leaders.given();
        try {
            withLoader(() -> chosen.execute(turn));
        } catch (RuntimeException | Error e) {
            if (turn.compareAndSet(false, true)) {
                LOG.debug("executor of the service takes no calls", e);
                leaders.ended();
                return false;
            }
            if (turn.thrown == e) {
                LOG.error("Call failed:", e);
            } else {
                LOG.error("The service's executor threw although it had taken a call, which goes on:", e);
            }
        }
        leaders.taken();
        return true;
    }

    /**
     * One thread's turn at the call that is next then, and at the loop after it; there are as many as calls that wait. True when it is
     * used, by the thread, or by who could not give it: an executor may take it and throw, or run it at once and throw what the call
     * throws. An executor may also lose one, as it may over TCP: there its call is lost, here a later one would be left, and each after it
     * come one turn too late. So a turn that finds the call that it was given for still waiting has the next one run as well.
     */
    private final class Turn extends AtomicBoolean implements Runnable {

        private static final long serialVersionUID = 1L;

        private final transient Leadable loop;
        private final transient FairQueue.Flow flow;
        private final transient FairQueue.Work call;
        private transient volatile Throwable thrown;

        /**
         * @param flow in which the call waits; null when it waits nowhere, and the turn is at itself
         * @param call null when it is for the loop only
         */
        Turn(Leadable loop, FairQueue.Flow flow, FairQueue.Work call) {
            this.loop = loop;
            this.flow = flow;
            this.call = call;
        }

        @Override
        public void run() {
            Executors.this.run(this::take);
        }

        private void take() {
            if (!compareAndSet(false, true)) {
                return;
            }
            try {
                if (flow != null) {
                    runNext();
                } else if (call != null) {
                    call.run();
                }
                if (!leaders.lead(loop) && call == null) {
                    loop.keepServed();
                }
            } catch (RuntimeException | Error e) {
                thrown = e;
                throw e;
            } finally {
                leaders.ended();
            }
        }

        private void runNext() {
            FairQueue.Work next = calls.next();
            try {
                if (next != null) {
                    next.run();
                }
            } finally {
                if (next != call && calls.waits(flow, call)) {
                    next = calls.next();
                    if (next != null) {
                        next.run();
                    }
                }
            }
        }
    }

    /** What gives this callback to the shared pool, each time it is run. */
    Runnable callback(Runnable task) {
        Runnable callback = () -> withLoader(task);
        return () -> {
            try {
                shared.execute(callback);
            } catch (RejectedExecutionException e) {
                LOG.debug("the service has stopped, and the pool with it", e);
                SharedThreads.daemon("rpcrdma callback", callback).start();
            }
        };
    }

    private void run(Runnable task) {
        if (SharedThreads.mustNotWait() || Thread.currentThread() == giving) {
            counters.increment(XprtCounter.MOVED_OFF_LOOP);
            shared.execute(() -> withLoader(task));
        } else if (inOrder) {
            withLoader(task);
        } else {
            task.run();
        }
    }

    /**
     * Runs user code in a thread that is not the service's own, or gives some to the service's executor, whose new threads have the context
     * class loader of the one that gives.
     */
    void withLoader(Runnable task) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            task.run();
        } finally {
            thread.setContextClassLoader(before);
        }
    }
}
