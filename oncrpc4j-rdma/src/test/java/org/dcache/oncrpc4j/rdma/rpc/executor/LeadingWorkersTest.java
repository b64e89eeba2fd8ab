// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.executor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.Leadable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Threads of a service's pool serve the loop while they wait for calls, and a program notices nothing of it. */
@Timeout(60)
class LeadingWorkersTest {

    private static final int PATIENCE_SECONDS = Integer.getInteger("test.patience", 20_000) / 1000;

    private final ExecutorService shared = java.util.concurrent.Executors.newFixedThreadPool(1);
    private final ThreadPoolExecutor pool = (ThreadPoolExecutor) java.util.concurrent.Executors.newFixedThreadPool(2);
    private final Counters counters = Counters.process().child();
    /** How long the calls took, in nanoseconds. */
    private final BlockingQueue<Long> took = new LinkedBlockingQueue<>();
    private final AtomicInteger severalCame = new AtomicInteger();
    private volatile boolean callsAreShort;
    private final ShortCalls shortCalls = new ShortCalls() {
        @Override
        void ran(long nanos) {
            took.add(nanos);
        }

        @Override
        void severalCame() {
            severalCame.incrementAndGet();
        }

        @Override
        boolean areTheRule() {
            return callsAreShort;
        }
    };
    private final Executors executors = new Executors(pool, shared, false, counters, shortCalls);
    private final FairQueue.Flow flow = new FairQueue.Flow();
    private final Loop loop = new Loop();

    @BeforeEach
    void makeThreads() {
        pool.prestartAllCoreThreads();
    }

    @AfterEach
    void stop() {
        pool.shutdownNow();
        shared.shutdownNow();
    }

    /** Its network is a queue of what the leader does; its own thread only counts how often it is to come back. */
    private final class Loop implements Leadable {
        private final BlockingQueue<Runnable> network = new LinkedBlockingQueue<>();
        private final Semaphore lead = new Semaphore(1);
        private final AtomicInteger comesBack = new AtomicInteger();
        /** Who has led, in their order. */
        private final BlockingQueue<Thread> leaders = new LinkedBlockingQueue<>();
        private volatile Runnable beforeTheEnd = () -> {};
        /** Sleeps until there is something in the network, for longer than a test waits. */
        private volatile boolean sound;

        @Override
        public boolean serveNext(long millis, BooleanSupplier over, BooleanSupplier followed) {
            if (!lead.tryAcquire()) {
                return false;
            }
            leaders.add(Thread.currentThread());
            try {
                do {
                    Runnable event = network.poll(sound ? TimeUnit.SECONDS.toMillis(3 * PATIENCE_SECONDS) : millis, TimeUnit.MILLISECONDS);
                    if (event != null) {
                        event.run();
                    }
                } while (!over.getAsBoolean());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            lead.release();
            if (followed.getAsBoolean()) {
                beforeTheEnd.run();
            } else {
                comesBack.incrementAndGet();
            }
            return true;
        }

        @Override
        public boolean isServed() {
            return lead.availablePermits() == 0;
        }

        @Override
        public void wakeLoop() {
            network.add(() -> {});
        }

        @Override
        public void keepServed() {
            comesBack.incrementAndGet();
        }
    }

    /** Runs until it is let go, and says where. */
    private static final class Call implements FairQueue.Work {
        private final CompletableFuture<Thread> ranIn = new CompletableFuture<>();
        private final CompletableFuture<Void> rejected = new CompletableFuture<>();
        private final CountDownLatch goOn = new CountDownLatch(1);
        private Runnable body = () -> {};

        @Override
        public void run() {
            ranIn.complete(Thread.currentThread());
            await(goOn);
            body.run();
        }

        @Override
        public void rejected() {
            rejected.complete(null);
        }

        Thread thread() throws Exception {
            return ranIn.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** From a loop that no thread of the service leads. */
    private Call given() {
        Call call = new Call();
        executors.dispatch(flow, call, loop);
        return call;
    }

    /** From the network, to whoever leads next. */
    private Call arrives() {
        Call call = new Call();
        loop.network.add(() -> executors.dispatch(flow, call, loop));
        return call;
    }

    private Thread leader() throws InterruptedException {
        return loop.leaders.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void aCallRunsInTheThreadThatTookItFromTheNetworkAndAnotherOneLeads() throws Exception {
        Call first = given();
        Call second = arrives();
        first.goOn.countDown();
        assertThat(second.thread()).isSameAs(first.thread());
        assertThat(leader()).isSameAs(first.thread());
        assertThat(leader()).as("while the second still runs").isNotNull().isNotSameAs(first.thread());
        assertThat(counters.get(XprtCounter.CALLS_NOT_HANDED_OVER)).isEqualTo(1);
        second.goOn.countDown();
    }

    @Test
    void theLoopsOwnThreadIsBackAtOnceWhenAllThreadsOfThePoolHaveACall() throws Exception {
        Call other = given();
        other.thread();
        Call first = given();
        Call second = arrives();
        first.goOn.countDown();
        assertThat(second.thread()).isSameAs(first.thread()).isNotSameAs(other.thread());
        assertThat(loop.comesBack).hasValue(1);
        assertThat(pool.getQueue()).isEmpty();
        second.goOn.countDown();
        other.goOn.countDown();
    }

    @Test
    void soItIsWhenNoCallComes() throws Exception {
        Call only = given();
        only.goOn.countDown();
        assertThat(leader()).isSameAs(only.thread());
        pool.shutdown();
        assertThat(pool.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(loop.comesBack).hasValue(1);
    }

    @Test
    void allThreadsOfThePoolRunCallsAtATime() throws Exception {
        Call first = given();
        Call second = arrives();
        Call third = arrives();
        first.goOn.countDown();
        assertThat(second.thread()).isSameAs(first.thread());
        assertThat(third.thread()).isNotSameAs(first.thread());
        assertThat(loop.comesBack).as("there is no third thread").hasValue(1);
    }

    @Test
    void whatElseComesAtThatMomentIsHandedOver() throws Exception {
        Call first = given();
        Call second = new Call();
        Call third = new Call();
        loop.network.add(() -> {
            executors.dispatch(flow, second, loop);
            executors.dispatch(flow, third, loop);
        });
        first.goOn.countDown();
        assertThat(second.thread()).isSameAs(first.thread());
        assertThat(third.thread()).isNotSameAs(first.thread());
        assertThat(loop.comesBack).as("both threads have a call").hasValue(1);
    }

    @Test
    void aCallFromElsewhereHasTheThreadThatOnlyLeads() throws Exception {
        Call other = given();
        other.thread();
        loop.sound = true;
        Call first = given();
        first.goOn.countDown();
        assertThat(leader()).isSameAs(first.thread());
        Call late = given();
        assertThat(late.thread()).isSameAs(first.thread());
    }

    @Test
    void aCallSeesNothingOfAnInterruptThatTheOneBeforeItLeft() throws Exception {
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        Call first = given();
        first.body = () -> Thread.currentThread().interrupt();
        Call second = arrives();
        second.body = () -> interrupted.complete(Thread.currentThread().isInterrupted());
        second.goOn.countDown();
        loop.network.add(() -> {});
        first.goOn.countDown();
        assertThat(second.thread()).isSameAs(first.thread());
        assertThat(interrupted.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isFalse();
    }

    @Test
    void norOfOneThatCameInBetween() throws Exception {
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        loop.beforeTheEnd = () -> Thread.currentThread().interrupt();
        Call first = given();
        Call second = arrives();
        second.body = () -> interrupted.complete(Thread.currentThread().isInterrupted());
        second.goOn.countDown();
        first.goOn.countDown();
        assertThat(second.thread()).isSameAs(first.thread());
        assertThat(interrupted.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isFalse();
    }

    @Test
    void aFollowerThatHasNoTimeToLeadHasTheLoopsOwnThreadBack() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        loop.beforeTheEnd = () -> pool.execute(() -> await(goOn));
        Call first = given();
        Call second = arrives();
        Call after = new Call();
        first.goOn.countDown();
        assertThat(second.thread()).isSameAs(first.thread());
        // Behind the follower, which another task keeps waiting.
        executors.dispatch(flow, after, loop);
        goOn.countDown();
        assertThat(after.thread()).isNotSameAs(first.thread());
        assertThat(loop.comesBack).hasValue(1);
        after.goOn.countDown();
        second.goOn.countDown();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void whatWaitsInAPoolWhenTheServiceStartsIsNoReason() throws Exception {
        Call busy = given();
        Call busyToo = given();
        busy.thread();
        busyToo.thread();
        pool.execute(() -> {});
        assertThat(new Executors(pool, shared, false, counters).workersLead()).isTrue();
    }

    @Test
    void callsThatWaitAreNotOvertaken() throws Exception {
        Call other = given();
        other.thread();
        Call first = given();
        Call waiting = new Call();
        Call late = new Call();
        loop.network.add(() -> {
            CompletableFuture<Void> fromElsewhere = CompletableFuture.runAsync(() -> executors.dispatch(flow, waiting, loop), shared);
            fromElsewhere.join();
            executors.dispatch(flow, late, loop);
        });
        first.goOn.countDown();
        assertThat(waiting.thread()).isSameAs(first.thread());
        assertThat(late.ranIn).isNotDone();
        waiting.goOn.countDown();
        assertThat(late.thread()).isSameAs(first.thread());
    }

    @Test
    void aTaskOfTheProgramHasThePoolBack() throws Exception {
        Call other = given();
        other.thread();
        Call first = given();
        first.goOn.countDown();
        assertThat(pool.submit(() -> true).get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aPoolThatIsShutDownRunsNoCallThatComesLater() throws Exception {
        Call first = given();
        Call late = new Call();
        loop.network.add(() -> {
            pool.shutdown();
            executors.dispatch(flow, late, loop);
        });
        first.goOn.countDown();
        late.rejected.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(pool.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(late.ranIn).isNotDone();
        assertThat(loop.comesBack).hasValue(1);
    }

    @Test
    void theLoopsOwnThreadIsBackWhenThePoolTakesNoFollower() throws Exception {
        loop.beforeTheEnd = pool::shutdown;
        Call first = given();
        Call second = arrives();
        second.goOn.countDown();
        first.goOn.countDown();
        assertThat(second.thread()).isSameAs(first.thread());
        assertThat(pool.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(loop.comesBack).hasValue(1);
    }

    @Test
    void aCallThatThrowsTakesNoThreadFromTheOthers() throws Exception {
        for (int i = 0; i < 5; i++) {
            Call first = given();
            Call second = arrives();
            second.body = () -> {
                throw new AssertionError("on purpose");
            };
            first.goOn.countDown();
            second.goOn.countDown();
            assertThat(second.thread()).isSameAs(first.thread());
            assertThat(leader()).isSameAs(first.thread());
            assertThat(leader()).as("round %d", i).isNotNull().isNotSameAs(first.thread());
            while (pool.getActiveCount() > 0) {
                Thread.sleep(1);
            }
        }
    }

    @Test
    void whereCallsAreShortOneThreadServesThemOneAfterTheOtherAndWakesNoOther() throws Exception {
        callsAreShort = true;
        // A thread that has not begun yet counts as a task.
        while (pool.getActiveCount() > 0) {
            Thread.sleep(1);
        }
        Call first = given();
        Call second = arrives();
        first.goOn.countDown();
        assertThat(second.thread()).isSameAs(first.thread());
        Call third = arrives();
        second.goOn.countDown();
        assertThat(third.thread()).isSameAs(first.thread());
        assertThat(pool.getTaskCount()).as("tasks given to the pool").isEqualTo(1);
        assertThat(loop.comesBack).hasValue(0);
        assertThat(counters.get(XprtCounter.CALLS_NOT_HANDED_OVER)).isEqualTo(2);
        assertThat(took.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isPositive();
        assertThat(severalCame).hasValue(0);
        third.goOn.countDown();
    }

    @Test
    void whereMoreThanOneComesAtAMomentTheLoopIsNotLeftToNobody() throws Exception {
        callsAreShort = true;
        Call first = given();
        Call second = new Call();
        Call third = new Call();
        loop.network.add(() -> {
            executors.dispatch(flow, second, loop);
            executors.dispatch(flow, third, loop);
        });
        first.goOn.countDown();
        assertThat(second.thread()).isSameAs(first.thread());
        assertThat(third.thread()).isNotSameAs(first.thread());
        assertThat(loop.comesBack).hasValue(1);
    }

    @Test
    void thatSeveralWaitedForAShortOneIsNoted() throws Exception {
        callsAreShort = true;
        Call first = given();
        Call second = arrives();
        first.goOn.countDown();
        assertThat(second.thread()).isSameAs(first.thread());
        Call third = new Call();
        Call fourth = new Call();
        loop.network.add(() -> {
            executors.dispatch(flow, third, loop);
            executors.dispatch(flow, fourth, loop);
        });
        second.goOn.countDown();
        assertThat(third.thread()).isSameAs(first.thread());
        fourth.thread();
        assertThat(severalCame).hasValue(1);
    }

    @Test
    void afterAShortCallTheLoopsOwnThreadIsBackIfThePoolHasOtherWork() throws Exception {
        Call other = given();
        other.thread();
        callsAreShort = true;
        Call first = given();
        Call second = arrives();
        first.goOn.countDown();
        assertThat(second.thread()).isSameAs(first.thread()).isNotSameAs(other.thread());
        assertThat(loop.comesBack).hasValue(0);
        CompletableFuture<Thread> work = new CompletableFuture<>();
        pool.execute(() -> work.complete(Thread.currentThread()));
        second.goOn.countDown();
        assertThat(work.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isSameAs(first.thread());
        assertThat(loop.comesBack).hasValue(1);
        other.goOn.countDown();
    }

    @Test
    void itIsBackBeforeTheCallIfThatIsKnown() throws Exception {
        Call other = given();
        other.thread();
        callsAreShort = true;
        Call first = given();
        Call second = new Call();
        loop.network.add(() -> {
            pool.execute(() -> {});
            executors.dispatch(flow, second, loop);
        });
        first.goOn.countDown();
        assertThat(second.thread()).isSameAs(first.thread()).isNotSameAs(other.thread());
        assertThat(loop.comesBack).hasValue(1);
        second.goOn.countDown();
        other.goOn.countDown();
    }

    @Test
    void soItIsAfterAShortCallThatThrows() throws Exception {
        callsAreShort = true;
        Call first = given();
        Call second = arrives();
        second.body = () -> {
            throw new AssertionError("on purpose");
        };
        first.goOn.countDown();
        second.goOn.countDown();
        assertThat(second.thread()).isSameAs(first.thread());
        first.thread().join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
        assertThat(loop.comesBack).hasValue(1);
    }

    @Test
    void threadsOfThePoolInheritNothingFromACall() throws Exception {
        InheritableThreadLocal<String> left = new InheritableThreadLocal<>();
        ThreadPoolExecutor young = (ThreadPoolExecutor) java.util.concurrent.Executors.newFixedThreadPool(2);
        try {
            Executors ofYoung = new Executors(young, shared, false, counters);
            Call first = new Call();
            first.body = () -> left.set("by a call");
            ofYoung.dispatch(flow, first, loop);
            // For whoever leads, who would have a second thread made.
            Call second = new Call();
            loop.network.add(() -> ofYoung.dispatch(flow, second, loop));
            first.goOn.countDown();
            while (young.getCompletedTaskCount() == 0 && !second.ranIn.isDone()) {
                Thread.sleep(1);
            }
            CompletableFuture<String> inherited = new CompletableFuture<>();
            Call third = new Call();
            third.body = () -> inherited.complete(left.get());
            third.goOn.countDown();
            ofYoung.dispatch(flow, third, loop);
            assertThat(inherited.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isNull();
            assertThat(third.thread()).isNotSameAs(first.thread());
        } finally {
            young.shutdownNow();
        }
    }

    private static ExecutorService[] others() {
        return new ExecutorService[] {java.util.concurrent.Executors.newSingleThreadExecutor(),
                java.util.concurrent.Executors.newFixedThreadPool(1), java.util.concurrent.Executors.newCachedThreadPool(),
                java.util.concurrent.Executors.newScheduledThreadPool(4), java.util.concurrent.Executors.newWorkStealingPool(),
                new ThreadPoolExecutor(2, 2, 1, TimeUnit.SECONDS, new ArrayBlockingQueue<>(100)),
                new ThreadPoolExecutor(1, 4, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>()),
                new ThreadPoolExecutor(2, 2, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>()) {}};
    }

    @ParameterizedTest
    @MethodSource("others")
    void inAnotherKindOfPoolNoThreadLeads(ExecutorService own) throws Exception {
        try {
            Executors none = new Executors(own, shared, false, counters);
            assertThat(none.workersLead()).isFalse();
            Call call = new Call();
            call.goOn.countDown();
            none.dispatch(flow, call, loop);
            call.thread();
            own.shutdown();
            assertThat(own.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(loop.leaders).isEmpty();
            assertThat(loop.comesBack).hasValue(0);
        } finally {
            own.shutdownNow();
        }
        assertThat(executors.workersLead()).isTrue();
    }
}
