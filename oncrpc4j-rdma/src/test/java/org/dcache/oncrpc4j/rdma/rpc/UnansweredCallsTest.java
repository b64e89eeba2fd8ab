// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.rpc.harness.BareClient;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcAccepsStatus;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.glassfish.grizzly.Buffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Programs that do not answer, answer late, elsewhere, or fail to; whatever they do, the client hears what can be heard, and nothing is
 * left behind.
 */
@Timeout(120)
class UnansweredCallsTest {

    private static final int STATUS = 28 + 20;

    private final LeakLedger before = LeakLedger.snapshot();
    /** One thread: what is given to it runs after the dispatch that gave it. */
    private final ThreadPoolExecutor one = new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
    private RpcEndpoint server;
    private BareClient client;
    private int xid;

    @AfterEach
    void nothingIsLeftBehind() {
        if (client != null) {
            client.close();
        }
        if (server != null) {
            server.stop();
        }
        one.shutdownNow();
        LeakLedger.assertNothingLeaked(before);
    }

    private void serve(RpcDispatchable program, ExecutorService executor) throws IOException {
        server = BareClient.serve(Map.of(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), program), executor);
        client = new BareClient(server.localAddress());
    }

    private void send(int procedure, byte[] arguments) {
        ByteBuffer rpc = ByteBuffer.allocate(40 + arguments.length);
        BareClient.rpcHeader(rpc, ++xid, EchoProgram.PROGRAM, procedure).put(arguments);
        client.send(BareClient.header(xid, RdmaHeader.RDMA_MSG), rpc.array());
    }

    private void expectStatus(int status) {
        ByteBuffer reply = client.receive();
        client.events.queuePair().postReceives(1);
        assertThat(reply.getInt(0)).isEqualTo(xid);
        assertThat(reply.getInt(STATUS)).isEqualTo(status);
    }

    /** Starts to encode, then cannot. */
    private static final class Unencodable implements XdrAble {
        @Override
        public void xdrDecode(XdrDecodingStream xdr) {
            throw new UnsupportedOperationException("only encoded");
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) throws IOException {
            xdr.xdrEncodeInt(1);
            throw new IOException("a field of the result is null");
        }
    }

    @Test
    void aResultThatDoesNotEncodeIsAnsweredWithSystemError() throws Exception {
        serve(call -> call.reply(call.getProcedure() == 0 ? XdrVoid.XDR_VOID : new Unencodable()), one);
        for (int i = 0; i < 200; i++) {
            send(1, new byte[0]);
            expectStatus(RpcAccepsStatus.SYSTEM);
        }
        send(0, new byte[0]);
        expectStatus(RpcAccepsStatus.SUCCESS);
    }

    @Test
    void alsoWhenItIsAnsweredAfterTheDispatchHasReturned() throws Exception {
        serve(call -> one.execute(() -> call.reply(new Unencodable())), one);
        send(1, new byte[0]);
        expectStatus(RpcAccepsStatus.SYSTEM);
    }

    @Test
    void aProgramThatThrowsIsAnsweredForAndTheNextCallIsServed() throws Exception {
        long counted = Counters.process().get(XprtCounter.ANSWERED_FOR_PROGRAM);
        one.setThreadFactory(task -> {
            Thread thread = new Thread(task);
            thread.setUncaughtExceptionHandler((t, e) -> {});
            return thread;
        });
        serve(call -> {
            switch (call.getProcedure()) {
                case 0 -> call.reply(XdrVoid.XDR_VOID);
                case 1 -> throw new AssertionError("a program's error");
                default -> throw new IllegalStateException("a program's exception");
            }
        }, one);
        for (int i = 0; i < 3; i++) {
            send(1, new byte[0]);
            expectStatus(RpcAccepsStatus.SYSTEM);
            send(2, new byte[0]);
            expectStatus(RpcAccepsStatus.SYSTEM);
            send(0, new byte[0]);
            expectStatus(RpcAccepsStatus.SUCCESS);
        }
        assertThat(Counters.process().get(XprtCounter.ANSWERED_FOR_PROGRAM) - counted).isEqualTo(3);
    }

    /** As generated stubs and RFC 5531's batching do: the NULL behind them gives the credits back. */
    @Test
    void oneWayCallsWithANullBehindThemPassWithoutEnd() throws Exception {
        int[] came = new int[1];
        serve(call -> {
            if (call.getProcedure() == 0) {
                call.reply(XdrVoid.XDR_VOID);
            } else {
                call.retrieveCall(new EchoProgram.Bytes());
                came[0]++;
            }
        }, one);
        byte[] arguments = ByteBuffer.allocate(1004).putInt(1000).array();
        long unanswered = Counters.process().get(XprtCounter.UNANSWERED);
        for (int i = 0; i < 200; i++) {
            for (int k = 0; k < 50; k++) {
                send(1, arguments);
            }
            send(0, new byte[0]);
            expectStatus(RpcAccepsStatus.SUCCESS);
        }
        assertThat(came[0]).isEqualTo(10_000);
        assertThat(Counters.process().get(XprtCounter.UNANSWERED) - unanswered).isEqualTo(10_000);
    }

    @Test
    void whatNobodyLooksAtIsFreeWhenTheDispatchHasReturned() throws Exception {
        serve(call -> {
            if (call.getProcedure() == 0) {
                call.reply(XdrVoid.XDR_VOID);
            }
        }, one);
        for (int i = 0; i < 60; i++) {
            send(1, new byte[1000]);
        }
        send(0, new byte[0]);
        expectStatus(RpcAccepsStatus.SUCCESS);
        LeakLedger.await("no call is held", () -> LeakLedger.level("xprt.calls_served") == 0);
    }

    @Test
    void alsoWhenTheProgramHasTakenTheWholeMessage() throws Exception {
        LinkedBlockingQueue<Buffer> taken = new LinkedBlockingQueue<>();
        serve(call -> call.retrieveCall(new XdrAble() {
            @Override
            public void xdrDecode(XdrDecodingStream xdr) {
                taken.add(((Xdr) xdr).asBuffer());
            }

            @Override
            public void xdrEncode(XdrEncodingStream xdr) {
                throw new UnsupportedOperationException("only decoded");
            }
        }), one);
        for (int i = 0; i < 10; i++) {
            send(1, EchoProgram.pattern(1000));
        }
        LeakLedger.await("all are here", () -> taken.size() == 10);
        LeakLedger.await("no call is held", () -> LeakLedger.level("xprt.calls_served") == 0);
        assertThat(taken).allSatisfy(buffer -> {
            assertThat(buffer.toByteBuffer(0, buffer.limit()).isDirect()).isFalse();
            assertThat(buffer.get(buffer.limit() - 1)).isEqualTo(EchoProgram.pattern(1000)[999]);
        });
    }

    /** Its calls come to a standstill in an executor that never runs them. */
    @Test
    void callsThatAnExecutorSwallowedAreFreeWhenTheConnectionHasEnded() throws Exception {
        CountDownLatch swallowed = new CountDownLatch(8);
        serve(call -> call.reply(XdrVoid.XDR_VOID), new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>()) {
            @Override
            public void execute(Runnable task) {
                swallowed.countDown();
            }
        });
        for (int i = 0; i < 8; i++) {
            send(0, new byte[100]);
        }
        swallowed.await();
    }

    /** All its procedures, by a task that runs when the dispatch has long returned. */
    private final class Later implements RpcDispatchable {
        private final RpcDispatchable now;

        Later(RpcDispatchable now) {
            this.now = now;
        }

        @Override
        public void dispatchOncRpcCall(RpcCall call) {
            one.execute(() -> {
                try {
                    now.dispatchOncRpcCall(call);
                } catch (IOException e) {
                    call.failRpcGarbage();
                }
            });
        }
    }

    /** Receives and sinks are used by other calls of the kind in the meantime. */
    @Test
    void callsAreDecodedAndAnsweredRightWhenTheirDispatchHasReturned() throws Exception {
        ExecutorService callers = java.util.concurrent.Executors.newFixedThreadPool(8);
        try (LocalEndpoints peers = new LocalEndpoints(Map.of(), Map.of(
                new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), new Later(new EchoProgram()),
                new OncRpcProgram(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION), new Later(new EligibleProgram())), one)) {
            RpcTransport transport = peers.connect();
            List<Callable<Void>> tasks = IntStream.range(0, 8).<Callable<Void>>mapToObj(n -> () -> {
                for (int i = 0; i < 40; i++) {
                    everyWay(transport, i * 8 + n);
                }
                return null;
            }).toList();
            for (Future<Void> task : callers.invokeAll(tasks)) {
                task.get();
            }
        } finally {
            callers.shutdownNow();
        }
    }

    /** Inline, Read chunk, Write chunk, long both ways. */
    private static void everyWay(RpcTransport transport, int seed) throws OncRpcException, IOException {
        for (int program : new int[] {EchoProgram.PROGRAM, EligibleProgram.ELIGIBLE_PROGRAM}) {
            for (int length : new int[] {100 + seed, 20_000 + seed}) {
                byte[] bytes = EchoProgram.pattern(length);
                bytes[0] = (byte) seed;
                EchoProgram.Bytes echoed = new EchoProgram.Bytes();
                LocalEndpoints.call(transport, program).call(EchoProgram.ECHO, new EchoProgram.Bytes(bytes), echoed);
                assertThat(echoed.value).isEqualTo(bytes);
                EchoProgram.Int taken = new EchoProgram.Int();
                LocalEndpoints.call(transport, program).call(EchoProgram.WRITE, new EchoProgram.Bytes(bytes), taken);
                assertThat(taken.value).isEqualTo(length);
                EchoProgram.Bytes read = new EchoProgram.Bytes();
                LocalEndpoints.call(transport, program).call(EchoProgram.READ, new EchoProgram.Int(length), read);
                assertThat(read.value).isEqualTo(EchoProgram.pattern(length));
            }
        }
    }

    /** Not before the connection has ended. */
    @Test
    void aCallCanBeDecodedAndAnsweredWhenItsConnectionIsGone() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        LinkedBlockingQueue<byte[]> decoded = new LinkedBlockingQueue<>();
        ExecutorService other = java.util.concurrent.Executors.newSingleThreadExecutor();
        serve(call -> other.execute(() -> {
            try {
                gone.await();
                EchoProgram.Bytes bytes = new EchoProgram.Bytes();
                call.retrieveCall(bytes);
                decoded.add(bytes.value);
                call.reply(bytes);
            } catch (IOException | InterruptedException e) {
                decoded.add(new byte[0]);
            }
        }), one);
        InetSocketAddress address = server.localAddress();
        byte[] pattern = EchoProgram.pattern(600);
        send(EchoProgram.ECHO, ByteBuffer.allocate(604).putInt(600).put(pattern).array());
        LeakLedger.await("its dispatch has returned", () -> one.getCompletedTaskCount() == 1);
        client.close();
        LeakLedger.await("the connection is gone", () -> ((RdmaEndpoint) server).connections().isEmpty());
        client = new BareClient(address);
        gone.countDown();
        assertThat(decoded.take()).isEqualTo(pattern);
        other.shutdown();
    }

    @Test
    void aCallThatItsBindingFailsAtFailsAtItsCaller() throws Exception {
        try (LocalEndpoints peers = new LocalEndpoints(Map.of(), LocalEndpoints.echo(), one)) {
            RpcTransport transport = peers.connect();
            assertThatThrownBy(() -> LocalEndpoints.call(transport, EligibleProgram.ELIGIBLE_PROGRAM)
                    .call(EligibleProgram.FAULT, XdrVoid.XDR_VOID,
                    XdrVoid.XDR_VOID)).isInstanceOf(IOException.class).hasMessageContaining("a fault of the binding");
            everyWay(transport, 1);
        }
    }
}
