// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.verbs.ProviderSuite;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.junit.jupiter.api.Test;

/** When the loop takes completions of Sends, which nobody waits for as a rule. */
class RdmaCoreSendCompletionsTest extends ProviderSuite implements RdmaCoreUnderTest {

    private static final int MANY = 400;

    @Override
    protected Map<String, String> settings() {
        return Map.of("oncrpc.rdma.rdma-core.send-queue", "16", "oncrpc.rdma.rdma-core.spin", "0");
    }

    private static long events() {
        return Counters.process().get(RdmaCoreCounter.COMPLETION_EVENTS);
    }

    @Test
    void aSendThatIsDoneDoesNotWakeTheLoop() throws Exception {
        Pair pair = connect();
        pair.client().sends.clear();
        long before = events();
        for (int i = 0; i < MANY; i++) {
            pair.clientQp().postSend(send(pattern(100, i)));
            assertThat(pair.server().message().data()).isEqualTo(pattern(100, i));
            pair.serverQp().postReceives(1);
        }
        // One for each message, and few for Sends: when the loop had slept for long.
        assertThat(events() - before).isLessThan(MANY + MANY / 2);
        for (int i = 0; i < MANY; i++) {
            assertThat(pair.client().sendCompletion().ok()).isTrue();
        }
    }

    @Test
    void aLoopThatHasNothingElseToDoTakesThemAllTheSame() throws Exception {
        Pair pair = connect();
        for (int i = 0; i < 20; i++) {
            WorkRequest request = send(pattern(100, i));
            pair.clientQp().postSend(request);
            succeeds(pair.client().sendCompletion(), request);
        }
    }

    @Test
    void aQueueThatFillsIsEmptiedThoughNothingElseComes() throws Exception {
        Pair pair = connect(options(4096, 8), options(4096, MANY));
        for (int i = 0; i < MANY; i++) {
            pair.clientQp().postSend(send(pattern(100, i)));
        }
        for (int i = 0; i < MANY; i++) {
            assertThat(pair.client().sendCompletion().ok()).isTrue();
            assertThat(pair.server().message().data()).isEqualTo(pattern(100, i));
        }
    }
}
