// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the gauges say while a call is under way, and after it. */
@Timeout(120)
class GaugeLevelsTest {

    private static final int LENGTH = 100_000;

    /** Answers READ when it is allowed to. */
    private static final class Slow extends EchoProgram {
        private final CountDownLatch allowed = new CountDownLatch(1);

        @Override
        public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
            try {
                allowed.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            super.dispatchOncRpcCall(call);
        }
    }

    @Test
    void aCallsMemoryAndMessagesAreCountedUntilItsAnswerIsThere() throws Exception {
        ExecutorService executor = java.util.concurrent.Executors.newFixedThreadPool(2);
        LeakLedger before = LeakLedger.snapshot();
        Slow slow = new Slow();
        try (LocalEndpoints peers = new LocalEndpoints(Map.of(),
                Map.of(new OncRpcProgram(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION), slow), executor)) {
            RpcTransport transport = peers.connect();
            EchoProgram.Bytes result = new EchoProgram.Bytes();
            CompletableFuture<Void> called = CompletableFuture.runAsync(() -> {
                try {
                    LocalEndpoints.call(transport, EligibleProgram.ELIGIBLE_PROGRAM)
                            .call(EchoProgram.READ, new EchoProgram.Int(LENGTH), result);
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            LeakLedger.await("the server has the call", () -> LeakLedger.level("xprt.calls_served") == 1);
            assertThat(LeakLedger.level("xprt.exposures")).as("a Write chunk").isEqualTo(1);
            assertThat(LeakLedger.level("xprt.send_contexts")).isPositive();
            slow.allowed.countDown();
            called.get(60, TimeUnit.SECONDS);
            assertThat(result.value).isEqualTo(EchoProgram.pattern(LENGTH));
            LeakLedger.await("nothing is under way", () -> LeakLedger.level("xprt.exposures")
                    + LeakLedger.level("xprt.send_contexts") == 0);
        } finally {
            slow.allowed.countDown();
            executor.shutdownNow();
        }
        LeakLedger.assertNothingLeaked(before);
    }
}
