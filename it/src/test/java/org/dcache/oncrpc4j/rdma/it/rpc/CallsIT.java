// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.channels.CompletionHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import org.dcache.oncrpc4j.rpc.OncRpcAcceptedException;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcAccepsStatus;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.dcache.oncrpc4j.xdr.XdrInt;
import org.dcache.oncrpc4j.xdr.XdrOpaque;
import org.dcache.oncrpc4j.xdr.XdrString;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every way to make a call with oncrpc4j, over RDMA. */
@OverRdma
class CallsIT {

    private static void echo(RpcCall call, int size) throws IOException {
        XdrOpaque answer = new XdrOpaque();
        call.call(TestProgram.ECHO, new XdrOpaque(TestProgram.bytes(size)), answer);
        assertThat(answer.getOpaque()).isEqualTo(TestProgram.bytes(size));
    }

    @Test
    void nullProcedure() throws Exception {
        try (Peers peers = Peers.serve()) {
            peers.call().call(TestProgram.NULL, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
        }
    }

    /** Below, around and above the inline threshold, with every pad. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 1000, 3900, 3980, 4000, 4052, 4056, 4096, 4097, 8192, 65_535, 65_536, 262_147, 1 << 20})
    void argumentsAndResultsOfAnySize(int size) throws Exception {
        try (Peers peers = Peers.serve()) {
            RpcCall call = peers.call();
            echo(call, size);
            echo(call, size);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3900, 4010, 5000, 500_001, 1 << 20})
    void longResultsOfShortCalls(int size) throws Exception {
        try (Peers peers = Peers.serve()) {
            XdrOpaque answer = new XdrOpaque();
            peers.call().call(TestProgram.FILL, new XdrInt(size), answer);
            assertThat(answer.getOpaque()).isEqualTo(TestProgram.bytes(size));
        }
    }

    @Test
    void aResultThatIsTooLargeFailsThatCallOnly() throws Exception {
        try (Peers peers = Peers.serve()) {
            RpcCall call = peers.call();
            assertThatThrownBy(() -> call.call(TestProgram.FILL, new XdrInt(3 << 20), new XdrOpaque(), 20, TimeUnit.SECONDS))
                    .isInstanceOf(IOException.class);
            echo(call, 100);
        }
    }

    @Test
    void futures() throws Exception {
        try (Peers peers = Peers.serve()) {
            RpcCall call = peers.call();
            List<CompletableFuture<XdrOpaque>> pending = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                pending.add(call.call(TestProgram.ECHO, new XdrOpaque(TestProgram.bytes(i * 20)), XdrOpaque.class));
            }
            for (int i = 0; i < 500; i++) {
                assertThat(pending.get(i).get().getOpaque()).isEqualTo(TestProgram.bytes(i * 20));
            }
        }
    }

    @Test
    void completionHandlers() throws Exception {
        try (Peers peers = Peers.serve()) {
            CompletableFuture<XdrOpaque> result = new CompletableFuture<>();
            peers.call().call(TestProgram.ECHO, new XdrOpaque(TestProgram.bytes(77)), new CompletionHandler<RpcReply, RpcTransport>() {
                @Override
                public void completed(RpcReply reply, RpcTransport transport) {
                    try {
                        XdrOpaque answer = new XdrOpaque();
                        reply.getReplyResult(answer);
                        result.complete(answer);
                    } catch (IOException e) {
                        failed(e, transport);
                    }
                }

                @Override
                public void failed(Throwable cause, RpcTransport transport) {
                    result.completeExceptionally(cause);
                }
            });
            assertThat(result.get().getOpaque()).isEqualTo(TestProgram.bytes(77));
        }
    }

    /** A call out of a callback, which must not block what delivers replies. */
    @Test
    void aCallbackMayCallSynchronously() throws Exception {
        try (Peers peers = Peers.serve()) {
            RpcCall call = peers.call();
            CompletableFuture<Void> nested = new CompletableFuture<>();
            call.call(TestProgram.NULL, XdrVoid.XDR_VOID, new CompletionHandler<RpcReply, RpcTransport>() {
                @Override
                public void completed(RpcReply reply, RpcTransport transport) {
                    try {
                        echo(call, 9000);
                        nested.complete(null);
                    } catch (IOException | AssertionError e) {
                        nested.completeExceptionally(e);
                    }
                }

                @Override
                public void failed(Throwable cause, RpcTransport transport) {
                    nested.completeExceptionally(cause);
                }
            });
            nested.get();
        }
    }

    @Test
    void manyThreadsOnOneConnection() throws Exception {
        try (Peers peers = Peers.serve()) {
            RpcCall call = peers.call();
            ExecutorService threads = Executors.newFixedThreadPool(6);
            try {
                List<Future<?>> ends = new ArrayList<>();
                for (int t = 0; t < 6; t++) {
                    int first = t * 700;
                    ends.add(threads.submit(() -> {
                        for (int i = 0; i < 100; i++) {
                            echo(call, first + i * 37);
                        }
                        return null;
                    }));
                }
                for (Future<?> end : ends) {
                    end.get();
                }
            } finally {
                threads.shutdownNow();
            }
        }
    }

    @Test
    void manyConnections() throws Exception {
        try (Peers peers = Peers.serve()) {
            List<RpcCall> calls = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                calls.add(peers.call());
            }
            for (RpcCall call : calls) {
                echo(call, 5000);
            }
        }
    }

    @Test
    void aTimeOutFailsTheCallAndTheLateReplyIsDropped() throws Exception {
        TestProgram program = new TestProgram();
        try (Peers peers = Peers.serve(b -> b.withRpcService(TestProgram.PROGRAM, program))) {
            RpcCall call = peers.call();
            assertThatThrownBy(() -> call.call(TestProgram.HOLD, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 200, TimeUnit.MILLISECONDS))
                    .isInstanceOf(TimeoutException.class);
            RpcCall held = program.held.take();
            held.reply(XdrVoid.XDR_VOID);
            echo(call, 100);
            assertThat(call.getTransport().getReplyQueue().getPendingRequests()).isEmpty();
        }
    }

    @Test
    void aFuturesTimeOutAndCancelForgetTheCall() throws Exception {
        TestProgram program = new TestProgram();
        try (Peers peers = Peers.serve(b -> b.withRpcService(TestProgram.PROGRAM, program))) {
            RpcCall call = peers.call();
            // The first reply brings the credits for more than one call at a time (RFC 8166, 3.3.1).
            echo(call, 0);
            CompletableFuture<XdrOpaque> late = call.call(TestProgram.HOLD, new XdrOpaque(new byte[3]), XdrOpaque.class);
            assertThatThrownBy(() -> late.get(100, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            CompletableFuture<XdrOpaque> cancelled = call.call(TestProgram.HOLD, new XdrOpaque(new byte[30_000]), XdrOpaque.class);
            RpcCall first = program.held.take();
            RpcCall second = program.held.take();
            cancelled.cancel(true);
            assertThat(cancelled.isCancelled()).isTrue();
            assertThat(call.getTransport().getReplyQueue().getPendingRequests()).isEmpty();
            // Late replies that fit inline; one that is written to memory which is fenced by then ends the connection (LateWriterTest).
            first.reply(new XdrOpaque(new byte[10]));
            second.reply(new XdrOpaque(new byte[1000]));
            echo(call, 40_000);
        }
    }

    @Test
    void oncrpc4jsErrorsArriveAsTheyAre() throws Exception {
        try (Peers peers = Peers.serve()) {
            RpcTransport transport = peers.connect();
            int number = TestProgram.PROGRAM.getNumber();
            assertStatus(RpcAccepsStatus.PROC_UNAVAIL, new RpcCall(number, 1, new RpcAuthTypeNone(), transport), 99);
            assertStatus(RpcAccepsStatus.PROG_UNAVAIL, new RpcCall(number + 1, 1, new RpcAuthTypeNone(), transport), 0);
            assertStatus(RpcAccepsStatus.SYSTEM, new RpcCall(number, 1, new RpcAuthTypeNone(), transport), TestProgram.FAIL);
            assertStatus(RpcAccepsStatus.GARBAGE_ARGS, new RpcCall(number, 1, new RpcAuthTypeNone(), transport), TestProgram.ECHO);
            echo(new RpcCall(number, 1, new RpcAuthTypeNone(), transport), 10);
        }
    }

    private static void assertStatus(int status, RpcCall call, int procedure) {
        assertThatThrownBy(() -> call.call(procedure, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 20, TimeUnit.SECONDS))
                .isInstanceOfSatisfying(OncRpcAcceptedException.class, e -> assertThat(e).hasMessage(RpcAccepsStatus.toString(status)));
    }

    @Test
    void severalProgramsOnOneConnection() throws Exception {
        OncRpcProgram other = new OncRpcProgram(0x20050, 7);
        try (Peers peers = Peers.serve(b -> b.withRpcService(other, call -> call.reply(new XdrString("other"))))) {
            RpcTransport transport = peers.connect();
            echo(new RpcCall(TestProgram.PROGRAM.getNumber(), 1, new RpcAuthTypeNone(), transport), 10);
            XdrString answer = new XdrString();
            new RpcCall(other.getNumber(), other.getVersion(), new RpcAuthTypeNone(), transport).call(0, XdrVoid.XDR_VOID, answer);
            assertThat(answer.stringValue()).isEqualTo("other");
        }
    }

    @Test
    void programsMayBeRegisteredAndTakenAwayWhileItRuns() throws Exception {
        OncRpcProgram late = new OncRpcProgram(0x20051, 1);
        try (Peers peers = Peers.serve()) {
            RpcCall call = new RpcCall(late.getNumber(), late.getVersion(), new RpcAuthTypeNone(), peers.connect());
            assertStatus(RpcAccepsStatus.PROG_UNAVAIL, call, 0);
            peers.server().register(late, c -> c.reply(XdrVoid.XDR_VOID));
            call.call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            peers.server().unregister(late);
            assertStatus(RpcAccepsStatus.PROG_UNAVAIL, call, 0);
        }
    }

    @Test
    void sendListenersAreTold() throws Exception {
        try (Peers peers = Peers.serve()) {
            RpcCall call = peers.call();
            CountDownLatch sent = new CountDownLatch(1);
            call.registerSendListener(new CompletionHandler<Integer, InetSocketAddress>() {
                @Override
                public void completed(Integer bytes, InetSocketAddress to) {
                    assertThat(bytes).isPositive();
                    sent.countDown();
                }

                @Override
                public void failed(Throwable cause, InetSocketAddress to) {}
            });
            echo(call, 10);
            assertThat(sent.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** Over TCP nothing waits for a listener: the thread that tells it writes for nobody meanwhile. */
    @Test
    void aSendListenerMayMakeACallOnItsConnectionAndWaitForTheReply() throws Exception {
        try (Peers peers = Peers.serve()) {
            RpcTransport transport = peers.connect();
            RpcCall inner = new RpcCall(TestProgram.PROGRAM.getNumber(), 1, new RpcAuthTypeNone(), transport);
            RpcCall outer = new RpcCall(TestProgram.PROGRAM.getNumber(), 1, new RpcAuthTypeNone(), transport);
            CompletableFuture<Void> echoed = new CompletableFuture<>();
            outer.registerSendOnceListener(new CompletionHandler<Integer, InetSocketAddress>() {
                @Override
                public void completed(Integer bytes, InetSocketAddress to) {
                    try {
                        echo(inner, 10);
                        echoed.complete(null);
                    } catch (IOException | RuntimeException | Error e) {
                        echoed.completeExceptionally(e);
                    }
                }

                @Override
                public void failed(Throwable cause, InetSocketAddress to) {
                    echoed.completeExceptionally(cause);
                }
            });
            echo(outer, 20);
            echoed.get(20, TimeUnit.SECONDS);
        }
    }

    /** TCP copies when it encodes, so an application may write into its buffer again as soon as call() is back. */
    @Test
    void theCallersBufferIsItsOwnAgainOnceTheCallIsMade() throws Exception {
        try (Peers peers = Peers.serve()) {
            RpcCall call = peers.call();
            byte[] buffer = TestProgram.bytes(200_000);
            CompletableFuture<XdrOpaque> answer = call.call(TestProgram.ECHO, new XdrOpaque(buffer), XdrOpaque.class);
            java.util.Arrays.fill(buffer, (byte) 0);
            assertThat(answer.get().getOpaque()).isEqualTo(TestProgram.bytes(200_000));
        }
    }

    @Test
    void callsAreEncodedIntoTheTransportsOwnXdr() throws Exception {
        try (Peers peers = Peers.serve()) {
            RpcCall call = peers.call();
            Class<?>[] seen = new Class<?>[1];
            call.call(TestProgram.ECHO, new XdrOpaque(new byte[10]) {
                @Override
                public void xdrEncode(org.dcache.oncrpc4j.xdr.XdrEncodingStream xdr) throws IOException {
                    seen[0] = xdr.getClass();
                    super.xdrEncode(xdr);
                }
            }, new XdrOpaque());
            assertThat(seen[0]).isNotNull().isNotEqualTo(Xdr.class);
        }
    }

    /** Read by JMX, as an admin would: the transport's classes are in a loader of their own. */
    private static long regbufBytesInUse() throws Exception {
        long bytes = 0;
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        for (ObjectName bean : beans.queryNames(new ObjectName("org.dcache.oncrpc4j.rdma:type=Counters,*"), null)) {
            for (Object row : ((TabularData) beans.getAttribute(bean, "Gauges")).values()) {
                CompositeData gauge = (CompositeData) row;
                bytes += gauge.get("key").equals("xprt.regbuf_bytes_in_use") ? (Long) gauge.get("value") : 0;
            }
        }
        return bytes;
    }

    /** Also when the encoder has made a call itself, whose memory is not the one that was not sent. */
    @Test
    void argumentsThatDoNotEncodeFailTheCallAndKeepNoMemory() throws Exception {
        try (Peers peers = Peers.serve()) {
            RpcCall call = peers.call();
            echo(call, 10);
            long before = regbufBytesInUse();
            for (int i = 0; i < 100; i++) {
                assertThatThrownBy(() -> call.call(TestProgram.ECHO, new XdrOpaque(new byte[10]) {
                    @Override
                    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
                        echo(call, 20);
                        super.xdrEncode(xdr);
                        throw new IOException("a field is null");
                    }
                }, new XdrOpaque())).isInstanceOf(IOException.class).hasMessage("a field is null");
            }
            echo(call, 10);
            // The last reply and its Send may not be over yet.
            assertThat(regbufBytesInUse()).isLessThan(before + 50 * 4096);
        }
    }
}
