// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.executor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Where calls are short and come one at a time, who leads runs the call and leads again; the loop is left to nobody meanwhile. */
class LeadingShortCallsTest extends LeadingHarness {

    @BeforeEach
    void callsAreShort() {
        callsAreShort = true;
    }

    @Test
    void whereCallsAreShortOneThreadServesThemOneAfterTheOtherAndWakesNoOther() throws Exception {
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
}
