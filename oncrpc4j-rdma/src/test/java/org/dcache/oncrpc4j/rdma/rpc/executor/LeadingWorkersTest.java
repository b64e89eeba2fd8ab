// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.executor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Threads of a service's pool serve the loop while they wait for calls, and a program notices nothing of it. */
class LeadingWorkersTest extends LeadingHarness {

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

    @Test
    void whatWaitsInAPoolWhenTheServiceStartsIsNoReason() throws Exception {
        Call busy = given();
        Call busyToo = given();
        busy.thread();
        busyToo.thread();
        pool.execute(() -> {});
        assertThat(new Executors(pool, shared, null, false, counters).workersLead()).isTrue();
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
    void threadsOfThePoolInheritNothingFromACall() throws Exception {
        InheritableThreadLocal<String> left = new InheritableThreadLocal<>();
        ThreadPoolExecutor young = (ThreadPoolExecutor) java.util.concurrent.Executors.newFixedThreadPool(2);
        try {
            Executors ofYoung = new Executors(young, shared, null, false, counters);
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
            Executors none = new Executors(own, shared, null, false, counters);
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
