// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.invoke.MethodHandles;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.nio.channels.CompletionHandler;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.ReplyQueue;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;
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

    /** Stands for a call of oncrpc4j. */
    private static final class Call {
        private List<?> always;
        private List<?> once;
    }

    /** Stands for oncrpc4j's handler of a send. */
    private static class Own implements CompletionHandler<Integer, InetSocketAddress> {

        private final Call call = new Call();

        @Override
        public void completed(Integer bytes, InetSocketAddress peer) {}

        @Override
        public void failed(Throwable cause, InetSocketAddress peer) {}
    }

    private static final class FailsInItsOwnWay extends Own {
        @Override
        public void failed(Throwable cause, InetSocketAddress peer) {}
    }

    private static final class CompletesInItsOwnWay extends Own {
        @Override
        public void completed(Integer bytes, InetSocketAddress peer) {}
    }

    @Test
    void aHandlerThatDoesMoreThanTellingListenersIsToldAlways() throws Exception {
        MethodHandles.Lookup here = MethodHandles.lookup();
        SendNotice notice = new SendNotice(Own.class, here.findVarHandle(Own.class, "call", Call.class),
                here.findVarHandle(Call.class, "always", List.class), here.findVarHandle(Call.class, "once", List.class));
        Own own = new FailsInItsOwnWay();
        assertThat(notice.hears(own)).as("nobody listens").isFalse();
        own.call.once = List.of(listener);
        assertThat(notice.hears(own)).as("one listens").isTrue();
        assertThat(notice.hears(new CompletesInItsOwnWay())).as("not oncrpc4j's way").isTrue();
    }

    /** A transport that sends nothing, and keeps the handler of what it was to send. */
    private static RpcTransport neverSends(AtomicReference<CompletionHandler<?, ?>> handler) {
        ReplyQueue replies = new ReplyQueue();
        return (RpcTransport) Proxy.newProxyInstance(RpcTransport.class.getClassLoader(), new Class<?>[] {RpcTransport.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("send")) {
                        handler.set((CompletionHandler<?, ?>) arguments[2]);
                    }
                    return method.getReturnType() == ReplyQueue.class ? replies : null;
                });
    }

    private static final CompletionHandler<RpcReply, RpcTransport> ANY = new CompletionHandler<>() {
        @Override
        public void completed(RpcReply reply, RpcTransport transport) {}

        @Override
        public void failed(Throwable cause, RpcTransport transport) {}
    };

    @Test
    void theHandlerOfACallWithoutListenersHasNobodyBehindIt() throws Exception {
        AtomicReference<CompletionHandler<?, ?>> handler = new AtomicReference<>();
        RpcCall call = LocalEndpoints.call(neverSends(handler), EchoProgram.PROGRAM);
        call.call(0, XdrVoid.XDR_VOID, ANY);
        assertThat(SendNotice.isHeard(handler.get())).as("nobody listens").isFalse();
        call.registerSendListener(listener);
        assertThat(SendNotice.isHeard(handler.get())).as("one listens").isTrue();
    }
}
