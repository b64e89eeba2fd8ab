// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
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
        LoopThread loop = new LoopThread("test loop", () -> answer[0] = asked.getAsBoolean(), null);
        loop.start();
        loop.awaitEnd();
        return answer[0];
    }

    @Test
    void aLoopSendsWhateverItHasWhereAnyMemoryWillDo() {
        assertThat(onLoop(queue::isOpen)).isTrue();
    }

    @Test
    void withADeviceALoopSendsOnlyWhatIsReadyAndAnyOtherThreadEverything() {
        ((Engine.TestAdapter) engine.device.adapter()).anyMemory = false;
        assertThat(onLoop(queue::isOpen)).isFalse();
        assertThat(onLoop(queue::isOpenToLoops)).isTrue();
        assertThat(queue.isOpen()).isTrue();
    }

    @Test
    void nobodyOvertakesWhatIsThereAndOneThatThrowsHoldsUpNobody() throws Exception {
        ((Engine.TestAdapter) engine.device.adapter()).anyMemory = false;
        List<Integer> sent = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch looked = new CountDownLatch(1);
        queue.add(() -> {
            LeakLedger.await("the test has looked", () -> looked.getCount() == 0);
            sent.add(1);
            throw new IllegalStateException("planted");
        });
        queue.add(() -> sent.add(2));
        assertThat(queue.isOpen()).isFalse();
        assertThat(onLoop(queue::isOpenToLoops)).isFalse();
        looked.countDown();
        LeakLedger.await("both have left", queue::isOpen);
        assertThat(sent).containsExactly(1, 2);
    }
}
