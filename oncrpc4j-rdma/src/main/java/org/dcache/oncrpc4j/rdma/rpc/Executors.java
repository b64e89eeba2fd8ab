// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a service's user code runs: on the service's own executor, or, when that one runs tasks in the calling thread (oncrpc4j's same-thread strategy), on the
 * pool that all such services share. A loop must never be the calling thread of user code.
 */
final class Executors {

    private static final Logger LOG = LoggerFactory.getLogger(Executors.class);

    private final ExecutorService chosen;
    private final ExecutorService shared;

    Executors(ExecutorService own, ExecutorService shared) {
        this.shared = shared;
        this.chosen = isDirect(own) ? shared : own;
    }

    /** Tries it out: a direct executor has run the task when {@code execute} returns, in this thread. */
    private static boolean isDirect(ExecutorService executor) {
        Thread[] ranIn = new Thread[1];
        try {
            executor.execute(() -> ranIn[0] = Thread.currentThread());
        } catch (RejectedExecutionException e) {
            return false;
        }
        return ranIn[0] == Thread.currentThread();
    }

    /** Runs the dispatch of a call; throws {@link RejectedExecutionException} when the service takes no more. */
    void dispatch(Runnable task) {
        chosen.execute(task);
    }

    /** Runs a callback; one that the service's executor does not take any more (it was shut down) runs on the shared pool. */
    void callback(Runnable task) {
        try {
            chosen.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("executor of the service takes no callbacks any more", e);
            shared.execute(task);
        }
    }
}
