// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopThread;
import org.dcache.oncrpc4j.rdma.xprt.link.OffLoopQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a loop must not send goes by way of the helper, and whatever comes behind it too, until it has left. */
@Timeout(60)
class OffLoopQueueTest {

    private final Engine engine = Engine.server();
    private final OffLoopQueue queue = new OffLoopQueue(engine.device);

    @AfterEach
    void close() {
        engine.close();
    }

    private boolean onLoop(BooleanSupplier asked) {
        boolean[] answer = new boolean[1];
        LoopThread loop = LoopThread.of("test loop", () -> answer[0] = asked.getAsBoolean(), null);
        loop.start();
        loop.awaitEnd();
        return answer[0];
    }

    @Test
    void aLoopSendsWhateverItHasWhereAnyMemoryWillDo() {
        assertThat(onLoop(queue::mayWait)).isTrue();
    }

    @Test
    void withADeviceALoopSendsOnlyWhatIsReadyAndAnyOtherThreadEverything() {
        ((Engine.TestAdapter) engine.device.adapter()).anyMemory = false;
        assertThat(onLoop(queue::mayWait)).isFalse();
        assertThat(queue.takesReady()).isTrue();
        assertThat(queue.mayWait()).isTrue();
    }

    @Test
    void allIsRunInOrderAndOneThatThrowsHoldsUpNobody() {
        List<Integer> ran = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch looked = new CountDownLatch(1);
        queue.add(() -> LeakLedger.await("the test has looked", () -> looked.getCount() == 0));
        for (int i = 0; i < 100; i++) {
            int number = i;
            queue.add(() -> {
                ran.add(number);
                if (number % 7 == 3) {
                    throw new IllegalStateException("planted");
                }
            });
        }
        assertThat(queue.isEmpty()).isFalse();
        looked.countDown();
        LeakLedger.await("all have run", queue::isEmpty);
        assertThat(ran).isEqualTo(IntStream.range(0, 100).boxed().toList());
    }

    /** Thousands of calls that wait for credits may be refused one after the other. */
    @Test
    void withoutAThreadWhoAddsRunsItAndWhatIsAddedMeanwhileIsNoRecursion() {
        engine.device.close();
        int[] left = {100_000};
        Runnable next = new Runnable() {
            @Override
            public void run() {
                if (left[0]-- > 0) {
                    queue.add(this);
                }
            }
        };
        queue.add(next);
        assertThat(left[0]).isEqualTo(-1);
        assertThat(queue.isEmpty()).isTrue();
    }
}
