// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.executor;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.SharedThreads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a service's user code runs: on the service's own executor, or, when that one runs tasks in the calling thread (oncrpc4j's
 * same-thread strategy), on the pool that all such services share, one call of a connection after the other ({@link #inOrder}).
 *
 * <p>A loop does not run user code, but for a same-thread service whose admin allows it by name ({@link #staysOnLoop}), nor does the timer.
 * An executor may still do that to them: a full one with a caller-runs policy, or one that helps with older tasks. So each task looks at
 * the thread that it runs in, and moves to the shared pool if that must not wait. Any thread.
 */
public final class Executors {

    private static final Logger LOG = LoggerFactory.getLogger(Executors.class);

    private final ExecutorService chosen;
    private final ExecutorService shared;
    private final Counters counters;
    private final boolean inOrder;
    private final boolean staysOnLoop;
    private final FairQueue calls = new FairQueue();
    private final Runnable nextCall = () -> run(this::runNextCall);

    /** @param sameThread whether what a same-thread service does may run in a loop, see {@code oncrpc.rdma.same-thread} */
    public Executors(ExecutorService own, ExecutorService shared, boolean sameThread, Counters counters) {
        this.shared = shared;
        this.counters = counters;
        this.inOrder = isDirect(own);
        this.staysOnLoop = inOrder && sameThread;
        this.chosen = inOrder ? shared : own;
    }

    /** Tries it out: a direct executor has run the task when {@code execute} returns, in this thread. */
    private static boolean isDirect(ExecutorService executor) {
        Thread[] ranIn = new Thread[1];
        try {
            executor.execute(() -> ranIn[0] = Thread.currentThread());
        } catch (RejectedExecutionException | OutOfMemoryError e) {
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

    /** Whether a loop runs the service's calls and callbacks itself, where the connection's memory allows that. */
    public boolean staysOnLoop() {
        return staysOnLoop;
    }

    /** Runs the dispatch of a call when its connection has its turn; rejects one when the service takes no more or has no thread for it. */
    public void dispatch(FairQueue.Flow flow, FairQueue.Work call) {
        calls.add(flow, call);
        try {
            chosen.execute(nextCall);
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            LOG.debug("executor of the service takes no calls", e);
            FairQueue.Work rejected = calls.takeBack(flow);
            if (rejected != null) {
                rejected.rejected();
            }
        }
    }

    private void runNextCall() {
        FairQueue.Work call = calls.next();
        if (call != null) {
            call.run();
        }
    }

    /** Runs a callback; one that the service's executor does not take any more (it was shut down) runs on the shared pool. */
    void callback(Runnable task) {
        try {
            chosen.execute(() -> run(task));
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            LOG.debug("executor of the service takes no callbacks any more", e);
            shared.execute(task);
        }
    }

    private void run(Runnable task) {
        if (SharedThreads.mustNotWait()) {
            counters.increment(XprtCounter.MOVED_OFF_LOOP);
            shared.execute(task);
        } else {
            task.run();
        }
    }
}
