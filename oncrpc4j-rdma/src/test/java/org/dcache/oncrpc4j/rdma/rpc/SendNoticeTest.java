// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.channels.CompletionHandler;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whoever has registered for it hears that a message has left, of calls and of replies; a handler with nobody behind it is left out. */
@Timeout(60)
class SendNoticeTest {

    private final ExecutorService executor = Executors.newFixedThreadPool(2);
    private final CompletableFuture<Integer> left = new CompletableFuture<>();

    private final CompletionHandler<Integer, InetSocketAddress> listener = new CompletionHandler<>() {
        @Override
        public void completed(Integer bytes, InetSocketAddress peer) {
            left.complete(bytes);
        }

        @Override
        public void failed(Throwable cause, InetSocketAddress peer) {
            left.completeExceptionally(cause);
        }
    };

    @AfterEach
    void end() {
        executor.shutdownNow();
    }

    private LocalEndpoints serving(RpcDispatchable program) throws Exception {
        return new LocalEndpoints(Map.of(), Map.of(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), program), executor);
    }

    @Test
    void thisOncrpc4jIsKnown() {
        assertThat(SendNotice.isKnown()).isTrue();
    }

    @Test
    void aListenerOfACallHearsThatTheCallHasLeft() throws Exception {
        try (LocalEndpoints ends = serving(new EchoProgram())) {
            RpcCall call = LocalEndpoints.call(ends.connect(), EchoProgram.PROGRAM);
            call.registerSendListener(listener);
            call.call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            assertThat(left.get(20, TimeUnit.SECONDS)).isPositive();
        }
    }

    @Test
    void aListenerForOnceOfAReplyHearsThatTheReplyHasLeft() throws Exception {
        try (LocalEndpoints ends = serving(call -> {
            call.registerSendOnceListener(listener);
            call.reply(XdrVoid.XDR_VOID);
        })) {
            LocalEndpoints.call(ends.connect(), EchoProgram.PROGRAM).call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            assertThat(left.get(20, TimeUnit.SECONDS)).isPositive();
        }
    }

    @Test
    void aHandlerThatIsNotOncrpc4jsIsToldAlways() {
        assertThat(SendNotice.isHeard(listener)).isTrue();
    }
}
