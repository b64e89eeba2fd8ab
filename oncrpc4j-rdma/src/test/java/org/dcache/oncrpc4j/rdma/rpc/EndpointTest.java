// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.CompletionHandler;
import java.nio.channels.UnresolvedAddressException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EndpointFixture;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.dcache.oncrpc4j.rdma.xprt.link.Limits;
import org.dcache.oncrpc4j.rdma.xprt.link.SharedThreads;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Server and client endpoints in one JVM over the built-in iWARP provider, without the weave. */
class EndpointTest {

    private final ExecutorService executor = java.util.concurrent.Executors.newFixedThreadPool(8);
    private final Map<OncRpcProgram, RpcDispatchable> programs = new ConcurrentHashMap<>();
    private final Configuration config = Configuration.of(Map.of("oncrpc.transport", "rdma", "oncrpc.rdma.provider", "iwarp",
            "oncrpc.rdma.memory", "64m"));
    private RpcEndpoint server;
    private RpcEndpoint client;
    private RpcTransport transport;

    @BeforeEach
    void start() throws Exception {
        programs.put(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), new EchoProgram());
        server = new RdmaTransportProvider().open(service(false, programs), config);
        server.start();
        client = new RdmaTransportProvider().open(service(true, Map.of()), config);
        client.start();
        transport = client.connect(server.localAddress(), 10, TimeUnit.SECONDS);
    }

    private ServiceContext service(boolean isClient, Map<OncRpcProgram, RpcDispatchable> served) {
        return EndpointFixture.service("echo", isClient, served, executor);
    }

    @AfterEach
    void stop() {
        client.stop();
        server.stop();
        executor.shutdownNow();
    }

    private RpcCall call() {
        return new RpcCall(EchoProgram.PROGRAM, EchoProgram.VERSION, new RpcAuthTypeNone(), transport);
    }

    @Test
    void nullIsAnswered() throws Exception {
        for (int i = 0; i < 300; i++) {
            call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 4, 900, 1000, 4000, 4024, 4025, 4026, 4027, 4028, 4029, 4096, 16_311, 16_312, 16_313, 16_314, 16_315,
        16_316, 65_536, 65_537, 1_048_575, 1_048_576})
    void everyByteComesBack(int length) throws Exception {
        EchoProgram.Bytes result = new EchoProgram.Bytes();
        call().call(EchoProgram.ECHO, new EchoProgram.Bytes(EchoProgram.pattern(length)), result);
        assertThat(result.value).isEqualTo(EchoProgram.pattern(length));
    }

    @Test
    void manyCallsAtOnceFromManyThreadsGetTheirOwnAnswers() throws Exception {
        List<Future<?>> all = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            int seed = t;
            all.add(CompletableFuture.runAsync(() -> {
                try {
                    for (int i = 0; i < 60; i++) {
                        int length = (i * 7919 + seed * 104_729) % 200_000;
                        EchoProgram.Bytes result = new EchoProgram.Bytes();
                        call().call(EchoProgram.ECHO, new EchoProgram.Bytes(EchoProgram.pattern(length)), result);
                        assertThat(result.value).isEqualTo(EchoProgram.pattern(length));
                    }
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }));
        }
        for (Future<?> f : all) {
            f.get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void aLargerReplyThanOfferedFailsWithTheSettingsName() {
        assertThatThrownBy(() -> call().call(EchoProgram.READ, new EchoProgram.Int(2 << 20), new EchoProgram.Bytes()))
                .hasMessageContaining("oncrpc.rdma.max-reply");
        assertThat(transport.isOpen()).isTrue();
    }

    @Test
    void aCallThatIsNotAnsweredTimesOutAndTheConnectionGoesOn() throws Exception {
        programs.put(new OncRpcProgram(EchoProgram.PROGRAM, 2), c -> {});
        RpcCall silent = new RpcCall(EchoProgram.PROGRAM, 2, new RpcAuthTypeNone(), transport);
        call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
        assertThatThrownBy(() -> silent.call(1, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 200, TimeUnit.MILLISECONDS))
                .isInstanceOf(TimeoutException.class);
        call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
    }

    @Test
    void theReplyToATimedCallWakesItsCallerFromTheLoop() throws Exception {
        Set<Thread> decoded = new HashSet<>();
        XdrAble noting = new XdrAble() {
            @Override
            public void xdrDecode(XdrDecodingStream xdr) {
                decoded.add(Thread.currentThread());
            }

            @Override
            public void xdrEncode(XdrEncodingStream xdr) {}
        };
        call().call(0, XdrVoid.XDR_VOID, noting);
        call().call(0, XdrVoid.XDR_VOID, noting, 10, TimeUnit.SECONDS);
        assertThat(decoded).hasSize(1).allMatch(thread -> thread.getName().contains("loop"));
    }

    /** No memory for what it would decode. */
    public static final class Undecodable implements XdrAble {

        private static final OutOfMemoryError ERROR = new OutOfMemoryError("of a test");

        @Override
        public void xdrDecode(XdrDecodingStream xdr) {
            throw ERROR;
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) {}
    }

    @Test
    void anErrorWhileAResultIsDecodedFailsItsCallAndTheConnectionGoesOn() throws Exception {
        Future<Undecodable> future = call().call(0, XdrVoid.XDR_VOID, Undecodable.class);
        assertThatThrownBy(() -> future.get(20, TimeUnit.SECONDS)).hasRootCause(Undecodable.ERROR);
        assertThatThrownBy(() -> call().call(0, XdrVoid.XDR_VOID, new Undecodable(), 10, TimeUnit.SECONDS))
                .isInstanceOf(IOException.class).hasRootCause(Undecodable.ERROR);
        call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
    }

    @Test
    void aSendWithoutHandlerIsRefusedAsOverTcp() {
        assertThatThrownBy(() -> transport.send(new Xdr(100), null, null)).isInstanceOf(NullPointerException.class)
                .hasMessage("CompletionHandler can't be null");
    }

    @Test
    void aStoppedServiceStillSaysWhereItWasAsOverTcp() {
        InetSocketAddress address = server.localAddress();
        server.stop();
        assertThat(server.localAddress()).isEqualTo(address);
    }

    /** As an NFS client with a reserved port does. */
    @Test
    void aClientsOwnPortMayLeadToSeveralServersAndBeUsedAgainAtOnce() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        List<RpcEndpoint> servers = new ArrayList<>(List.of(server));
        try {
            for (int i = 0; i < 3; i++) {
                servers.add(new RdmaTransportProvider().open(service(false, programs), config));
                servers.get(i + 1).start();
            }
            for (List<RpcEndpoint> reached : List.of(servers.subList(0, 2), servers.subList(2, 4))) {
                RpcEndpoint bound = new RdmaTransportProvider()
                        .open(EndpointFixture.service("bound", true, Map.of(), executor, port, false), config);
                try {
                    for (RpcEndpoint to : reached) {
                        RpcTransport own = bound.connect(to.localAddress(), 10, TimeUnit.SECONDS);
                        assertThat(own.getLocalSocketAddress().getPort()).isEqualTo(port);
                        new RpcCall(EchoProgram.PROGRAM, EchoProgram.VERSION, new RpcAuthTypeNone(), own).call(0, XdrVoid.XDR_VOID,
                                XdrVoid.XDR_VOID);
                    }
                } finally {
                    bound.stop();
                }
            }
        } finally {
            servers.forEach(RpcEndpoint::stop);
        }
    }

    @Test
    void theInlineThresholdIsTheProvidersUnlessItIsSet() {
        assertThat(((RdmaRpcTransport) transport).connection().inlineSend()).isEqualTo(16 << 10);
        assertThat(Limits.of(Configuration.of(Map.of("oncrpc.rdma.inline", "8192")), 16 << 10).inline()).isEqualTo(8192);
    }

    @Test
    void aCallbackMayMakeTimedCallsOnItsOwnConnection() throws Exception {
        programs.put(new OncRpcProgram(EchoProgram.PROGRAM, 2), c -> {});
        RpcCall silent = new RpcCall(EchoProgram.PROGRAM, 2, new RpcAuthTypeNone(), transport);
        CompletableFuture<Boolean> timedOut = new CompletableFuture<>();
        call().call(0, XdrVoid.XDR_VOID, new CompletionHandler<>() {
            @Override
            public void completed(RpcReply reply, RpcTransport from) {
                try {
                    call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 10, TimeUnit.SECONDS);
                    silent.call(1, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 100, TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    timedOut.complete(true);
                } catch (Exception e) {
                    timedOut.completeExceptionally(e);
                }
            }

            @Override
            public void failed(Throwable cause, RpcTransport from) {
                timedOut.completeExceptionally(cause);
            }
        });
        assertThat(timedOut.get(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void theEndOfTheServerFailsPendingCalls() throws Exception {
        programs.put(new OncRpcProgram(EchoProgram.PROGRAM, 2), c -> {});
        RpcCall silent = new RpcCall(EchoProgram.PROGRAM, 2, new RpcAuthTypeNone(), transport);
        Future<XdrVoid> pending = silent.call(1, XdrVoid.XDR_VOID, XdrVoid.class);
        server.stop();
        assertThatThrownBy(() -> pending.get(20, TimeUnit.SECONDS)).hasRootCauseInstanceOf(Exception.class)
                .hasCauseInstanceOf(EOFException.class);
        assertThat(transport.isOpen()).isFalse();
    }

    @Test
    void aPortWhereNobodyListensRefuses() {
        InetSocketAddress gone = server.localAddress();
        server.stop();
        assertThatThrownBy(() -> client.connect(gone, 5, TimeUnit.SECONDS)).isInstanceOf(ConnectException.class)
                .hasMessageStartingWith("Connection refused");
    }

    @Test
    void anUnresolvedAddressIsTheUncheckedExceptionThatTcpGives() {
        assertThatThrownBy(() -> client.connect(InetSocketAddress.createUnresolved("no.such.host.invalid", 2049), 5, TimeUnit.SECONDS))
                .isInstanceOf(UnresolvedAddressException.class).hasRootCauseMessage("no.such.host.invalid");
    }

    @Test
    void aPeerThatSaysNothingIsATimeOut() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> client.connect((InetSocketAddress) silent.getLocalSocketAddress(), 50, TimeUnit.MILLISECONDS))
                    .isInstanceOf(IOException.class).hasRootCauseInstanceOf(TimeoutException.class);
        }
    }

    @Test
    void anInterruptedConnectTakesTheInterruptAsOverTcp() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> client.connect((InetSocketAddress) silent.getLocalSocketAddress(), 20, TimeUnit.SECONDS))
                    .isInstanceOf(InterruptedIOException.class).hasRootCauseInstanceOf(InterruptedException.class);
            assertThat(Thread.interrupted()).isFalse();
        }
    }

    @Test
    void stoppingEverythingLeavesNoThread() throws Exception {
        client.stop();
        server.stop();
        assertThat(SharedThreads.users()).isZero();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (ours() > 0 && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(ours()).isZero();
    }

    private static long ours() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(n -> n.startsWith("rpcrdma") || n.contains("iwarp")).count();
    }
}
