// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.executor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.MoreExecutors;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionHandler;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopThread;
import org.dcache.oncrpc4j.rdma.xprt.link.Leadable;
import org.dcache.oncrpc4j.rdma.xprt.link.SharedThreads;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What user code sees of the thread that it runs in is what it sees over TCP. */
class ExecutorsTest {

    private static final InheritableThreadLocal<String> INHERITED = new InheritableThreadLocal<>();

    /** One that is left to its own thread. */
    private static final Leadable NO_LOOP = new Leadable() {
        @Override
        public boolean serveNext(long millis, BooleanSupplier over, BooleanSupplier followed) {
            return false;
        }

        @Override
        public boolean isServed() {
            return true;
        }

        @Override
        public void wakeLoop() {}

        @Override
        public void keepServed() {}
    };

    private final ExecutorService shared = java.util.concurrent.Executors.newCachedThreadPool();
    private final ScheduledThreadPoolExecutor timer = SharedThreads.acquireTimer();
    /** A thread for each of the first two tasks. */
    private final ThreadPoolExecutor pool = (ThreadPoolExecutor) java.util.concurrent.Executors.newFixedThreadPool(2);

    @AfterEach
    void stop() {
        shared.shutdownNow();
        pool.shutdownNow();
        SharedThreads.releaseTimer();
    }

    /** With an application's loader as that of the thread that starts the service. */
    private Executors started(ExecutorService own, ClassLoader application, boolean sameThread) {
        Thread starting = Thread.currentThread();
        ClassLoader before = starting.getContextClassLoader();
        starting.setContextClassLoader(application);
        try {
            return new Executors(own, shared, timer, sameThread, Counters.process().child());
        } finally {
            starting.setContextClassLoader(before);
        }
    }

    private static void inALoop(Runnable task) throws InterruptedException {
        LoopThread loop = LoopThread.of("loop of a test", task, null);
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
            }, NO_LOOP));
            assertThat(ofCall.get(20, TimeUnit.SECONDS)).isSameAs(application);
        }
    }

    /** A client's thread serves the loop while it waits, and takes calls from the network that are a service's. */
    @Test
    void threadsOfAPoolInheritNothingFromAStrangerThatServesTheLoop() throws Exception {
        Executors executors = started(pool, null, false);
        INHERITED.set("a stranger's");
        HelperThread.serves(true);
        CompletableFuture<String> ofCall = new CompletableFuture<>();
        try {
            executors.dispatch(flow, new Call(heard, "it", () -> ofCall.complete(INHERITED.get())), NO_LOOP);
        } finally {
            HelperThread.serves(false);
            INHERITED.remove();
        }
        assertThat(ofCall.get(20, TimeUnit.SECONDS)).isNull();
    }

    /** Over TCP they run in a selector's thread. */
    @Test
    void callbacksNeedNoThreadOfTheService() throws Exception {
        Executors executors = started(new UnstoppedExecutor() {
            @Override
            public void execute(Runnable task) {
                throw new IllegalStateException("all are busy");
            }
        }, null, false);
        CompletableFuture<Void> ran = new CompletableFuture<>();
        new CallbackQueue(executors, false).add(() -> ran.complete(null));
        ran.get(20, TimeUnit.SECONDS);
    }

    private static ThreadPoolExecutor ofOneThread(RejectedExecutionHandler whenFull) {
        return new ThreadPoolExecutor(1, 1, 1, TimeUnit.MINUTES, new ArrayBlockingQueue<>(1), whenFull);
    }

    private static Call waiting(CountDownLatch goOn, List<String> heard, String name) {
        return new Call(heard, name, () -> awaitUninterrupted(goOn));
    }

    /** Over TCP the call that is dropped is lost, and no other. */
    @Test
    void aCallThatAnExecutorDropsDoesNotPutTheOthersOutOfStep() throws Exception {
        ThreadPoolExecutor dropping = ofOneThread(new ThreadPoolExecutor.DiscardPolicy());
        try {
            Executors executors = started(dropping, null, false);
            List<String> ran = Collections.synchronizedList(new ArrayList<>());
            CountDownLatch goOn = new CountDownLatch(1);
            for (String name : List.of("first", "second", "dropped")) {
                executors.dispatch(flow, waiting(goOn, ran, name), NO_LOOP);
            }
            goOn.countDown();
            while (dropping.getCompletedTaskCount() < 2) {
                Thread.onSpinWait();
            }
            executors.dispatch(flow, waiting(goOn, ran, "next"), NO_LOOP);
            dropping.shutdown();
            assertThat(dropping.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
            assertThat(ran).containsExactly("first ran", "second ran", "next ran");
        } finally {
            dropping.shutdownNow();
        }
    }

    /** One cannot see what a pool inside another executor does with its tasks. A call whose turn is lost comes with the next one. */
    @Test
    void aTurnThatADecoratedExecutorDropsHoldsUpNoLaterCall() throws Exception {
        ThreadPoolExecutor dropping = ofOneThread(new ThreadPoolExecutor.DiscardPolicy());
        try {
            Executors executors = started(MoreExecutors.listeningDecorator(dropping), null, false);
            List<String> ran = Collections.synchronizedList(new ArrayList<>());
            CountDownLatch goOn = new CountDownLatch(1);
            // The constructor had a task run.
            while (dropping.getCompletedTaskCount() < 1) {
                Thread.onSpinWait();
            }
            for (String name : List.of("first", "second", "dropped")) {
                executors.dispatch(flow, waiting(goOn, ran, name), NO_LOOP);
            }
            goOn.countDown();
            while (dropping.getCompletedTaskCount() < 3) {
                Thread.onSpinWait();
            }
            executors.dispatch(flow, waiting(goOn, ran, "next"), NO_LOOP);
            dropping.shutdown();
            assertThat(dropping.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
            assertThat(ran).containsExactly("first ran", "second ran", "dropped ran", "next ran");
        } finally {
            dropping.shutdownNow();
        }
    }

    /** As many programs bound their pools: who gives a task waits until there is room for it. A loop serves others as well. */
    @Test
    void anExecutorThatWaitsForRoomHoldsUpNoLoop() throws Exception {
        ThreadPoolExecutor blocking = ofOneThread((task, pool) -> {
            try {
                pool.getQueue().put(task);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        try {
            Executors executors = started(blocking, null, false);
            List<String> ran = Collections.synchronizedList(new ArrayList<>());
            CountDownLatch goOn = new CountDownLatch(1);
            // Ends though nobody lets the first call go on.
            inALoop(() -> IntStream.range(0, 5).forEach(i -> executors.dispatch(flow, waiting(goOn, ran, "" + i), NO_LOOP)));
            goOn.countDown();
            while (ran.size() < 5) {
                Thread.onSpinWait();
            }
            assertThat(ran).containsExactly("0 ran", "1 ran", "2 ran", "3 ran", "4 ran");
        } finally {
            blocking.shutdownNow();
        }
    }

    /** A handler of the program's own that runs the task, as the JDK's does: in the thread that gives for all calls of the service. */
    @Test
    void aHandlerThatRunsTheTaskItselfHoldsUpNoOtherCall() throws Exception {
        ThreadPoolExecutor running = ofOneThread((task, pool) -> task.run());
        try {
            Executors executors = started(running, null, false);
            List<String> ran = Collections.synchronizedList(new ArrayList<>());
            CountDownLatch goOn = new CountDownLatch(1);
            CountDownLatch both = new CountDownLatch(2);
            inALoop(() -> {
                executors.dispatch(flow, waiting(goOn, ran, "first"), NO_LOOP);
                executors.dispatch(flow, waiting(goOn, ran, "second"), NO_LOOP);
                for (int i = 0; i < 2; i++) {
                    executors.dispatch(flow, new Call(ran, "beyond", () -> {
                        both.countDown();
                        awaitUninterrupted(both);
                    }), NO_LOOP);
                }
            });
            assertThat(both.await(20, TimeUnit.SECONDS)).isTrue();
            goOn.countDown();
        } finally {
            running.shutdownNow();
        }
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aCallThatAStrangerTakesIsRejectedIfTheServiceTakesNoMore() throws Exception {
        Executors executors = started(pool, null, false);
        pool.shutdown();
        CompletableFuture<Thread> rejectedIn = new CompletableFuture<>();
        HelperThread.serves(true);
        try {
            executors.dispatch(flow, new Call(heard, "it", () -> {}) {
                @Override
                public void rejected() {
                    rejectedIn.complete(Thread.currentThread());
                }
            }, NO_LOOP);
        } finally {
            HelperThread.serves(false);
        }
        assertThat(rejectedIn.get(20, TimeUnit.SECONDS)).isNotSameAs(Thread.currentThread());
    }

    /** A program that never needs one ends with its main thread. */
    @Test
    void aPoolMakesNoThreadBeforeThereIsSomethingForIt() {
        Executors executors = started(pool, null, false);
        assertThat(executors.inOrder()).isFalse();
        assertThat(pool.getPoolSize()).isZero();
    }

    /** Says what happened to it. */
    private static class Call implements FairQueue.Work {
        private final List<String> heard;
        private final String name;
        private final Runnable program;

        Call(List<String> heard, String name, Runnable program) {
            this.heard = heard;
            this.name = name;
            this.program = program;
        }

        @Override
        public void run() {
            heard.add(name + " ran");
            program.run();
        }

        @Override
        public void rejected() {
            heard.add(name + " rejected");
        }
    }

    private final List<String> heard = new ArrayList<>();
    private final FairQueue.Flow flow = new FairQueue.Flow();

    /** As those of an application server do whose application has gone. */
    @Test
    void aCallIsRejectedWhateverTheExecutorThrows() {
        Executors failing = started(new UnstoppedExecutor() {
            @Override
            public void execute(Runnable task) {
                throw new IllegalStateException("the application has gone");
            }
        }, null, false);
        failing.dispatch(flow, new Call(heard, "it", () -> {}), NO_LOOP);
        assertThat(heard).containsExactly("it rejected");
    }

    /** Keeps tasks, or runs them in the thread that gives them, as a full pool may. */
    private static final class Full extends UnstoppedExecutor {
        private final Queue<Runnable> kept = new ArrayDeque<>();
        private boolean callerRuns;
        private boolean torn;

        @Override
        public void execute(Runnable task) {
            if (callerRuns) {
                task.run();
                return;
            }
            kept.add(task);
            if (torn) {
                throw new OutOfMemoryError("unable to create native thread");
            }
        }
    }

    @Test
    void whatACallThrowsInTheThreadThatGaveItIsNoReasonToRejectOne() {
        Full own = new Full();
        Executors executors = started(own, null, false);
        own.kept.clear();
        executors.dispatch(flow, new Call(heard, "first", () -> {
            throw new AssertionError("on purpose");
        }), NO_LOOP);
        own.callerRuns = true;
        executors.dispatch(flow, new Call(heard, "second", () -> {}), NO_LOOP);
        own.kept.remove().run();
        assertThat(heard).containsExactly("first ran", "second ran");
    }

    /** As a pool does that queues a task and then has no thread for it. */
    @Test
    void whatAnExecutorTakesAndThrowsOfAllTheSameTakesNoOtherCallsTurn() {
        Full own = new Full();
        Executors executors = started(own, null, false);
        own.kept.clear();
        own.torn = true;
        executors.dispatch(flow, new Call(heard, "first", () -> {}), NO_LOOP);
        own.torn = false;
        executors.dispatch(flow, new Call(heard, "second", () -> {}), NO_LOOP);
        own.kept.remove().run();
        assertThat(heard).containsExactly("first rejected");
        own.kept.remove().run();
        assertThat(heard).containsExactly("first rejected", "second ran");
    }
}
