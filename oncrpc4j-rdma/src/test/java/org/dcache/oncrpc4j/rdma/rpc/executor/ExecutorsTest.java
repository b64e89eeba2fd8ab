// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.executor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.MoreExecutors;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopThread;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What user code sees of the thread that it runs in is what it sees over TCP. */
class ExecutorsTest {

    private final ExecutorService shared = java.util.concurrent.Executors.newFixedThreadPool(1);
    /** A thread for each of the first two tasks. */
    private final ThreadPoolExecutor pool = (ThreadPoolExecutor) java.util.concurrent.Executors.newFixedThreadPool(2);

    @AfterEach
    void stop() {
        shared.shutdownNow();
        pool.shutdownNow();
    }

    /** With an application's loader as that of the thread that starts the service. */
    private Executors started(ExecutorService own, ClassLoader application, boolean sameThread) {
        Thread starting = Thread.currentThread();
        ClassLoader before = starting.getContextClassLoader();
        starting.setContextClassLoader(application);
        try {
            return new Executors(own, shared, sameThread, Counters.process().child());
        } finally {
            starting.setContextClassLoader(before);
        }
    }

    private static void inALoop(Runnable task) throws InterruptedException {
        LoopThread loop = new LoopThread("loop of a test", task, null);
        loop.start();
        loop.join();
        assertThat(loop.getContextClassLoader()).as("what the loop has afterwards").isNull();
    }

    @Test
    void threadsOfAPoolHaveTheContextClassLoaderOfTheThreadThatStartedTheService() throws Exception {
        programsAndHandlersHaveTheLoaderOfTheStart(pool, false);
    }

    @Test
    void soHasWhatASameThreadServiceRuns() throws Exception {
        programsAndHandlersHaveTheLoaderOfTheStart(MoreExecutors.newDirectExecutorService(), false);
    }

    @Test
    void alsoInALoop() throws Exception {
        programsAndHandlersHaveTheLoaderOfTheStart(MoreExecutors.newDirectExecutorService(), true);
    }

    private void programsAndHandlersHaveTheLoaderOfTheStart(ExecutorService own, boolean sameThread) throws Exception {
        try (URLClassLoader application = new URLClassLoader(new URL[0])) {
            Executors executors = started(own, application, sameThread);
            CompletableFuture<ClassLoader> ofCallback = new CompletableFuture<>();
            inALoop(() -> new CallbackQueue(executors, executors.staysOnLoop())
                    .add(() -> ofCallback.complete(Thread.currentThread().getContextClassLoader())));
            assertThat(ofCallback.get(20, TimeUnit.SECONDS)).isSameAs(application);
            CompletableFuture<ClassLoader> ofCall = new CompletableFuture<>();
            inALoop(() -> executors.dispatch(new FairQueue.Flow(), new FairQueue.Work() {
                @Override
                public void run() {
                    ofCall.complete(Thread.currentThread().getContextClassLoader());
                }

                @Override
                public void rejected() {
                    ofCall.completeExceptionally(new AssertionError("rejected"));
                }
            }));
            assertThat(ofCall.get(20, TimeUnit.SECONDS)).isSameAs(application);
        }
    }

    /** A program that never needs one ends with its main thread. */
    @Test
    void aPoolMakesNoThreadBeforeThereIsSomethingForIt() {
        Executors executors = started(pool, null, false);
        assertThat(executors.inOrder()).isFalse();
        assertThat(pool.getPoolSize()).isZero();
    }

    /** As those of an application server do whose application has gone. */
    @Test
    void aCallIsRejectedWhateverTheExecutorThrows() {
        StringBuilder heard = new StringBuilder();
        Executors failing = started(new UnstoppedExecutor() {
            @Override
            public void execute(Runnable task) {
                throw new IllegalStateException("the application has gone");
            }
        }, null, false);
        failing.dispatch(new FairQueue.Flow(), new FairQueue.Work() {
            @Override
            public void run() {
                heard.append("run");
            }

            @Override
            public void rejected() {
                heard.append("rejected");
            }
        });
        assertThat(heard).hasToString("rejected");
    }
}
