// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.dcache.oncrpc4j.rdma.proto.RdmaHeader.REPLY;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.Endpoint;
import org.dcache.oncrpc4j.rdma.verbs.Listener;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerTerminatedException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.DevicePool;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.memory.RegbufPool;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A server that writes into the memory of a call whose caller has given up, or less than it says: the test is the server, on bare verbs.
 */
class LateWriterTest {

    private static final byte EARLY = 0x11;
    private static final byte LATE = 0x66;

    private final Configuration config = Configuration.of(Map.of("oncrpc.transport", "rdma", "oncrpc.rdma.provider", "iwarp",
            "oncrpc.rdma.memory", "64m"));
    private final ExecutorService executor = java.util.concurrent.Executors.newCachedThreadPool();
    private final Endpoint server = new Endpoint();
    private Adapter adapter;
    private Listener listener;
    private RpcEndpoint client;
    private RpcTransport transport;

    @BeforeEach
    void connect() throws Exception {
        VerbsProvider provider = DevicePool.installed().stream().filter(p -> p.name().equals("iwarp")).findFirst().orElseThrow();
        adapter = provider.open(config);
        listener = adapter.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10, request -> request.accept(
                new ConnectOptions(null, 10_000, new PrivateData(false, 4096, 4096).encode(), 4096, 32, 8, 8), server));
        client = new RdmaTransportProvider()
                .open(new ServiceContext(null, true, Map.of(), executor, null, false, c -> {}, 0, 0, "0.0.0.0", 1,
                false, false), config);
        client.start();
        transport = client.connect(listener.localAddress(), 10, TimeUnit.SECONDS);
    }

    @AfterEach
    void close() {
        client.stop();
        listener.close();
        adapter.close();
        executor.shutdownNow();
    }

    private RpcCall call() {
        return new RpcCall(0x20049001, 1, new RpcAuthTypeNone(), transport);
    }

    private RdmaHeader receiveCall() throws Exception {
        // So that it lies ready when the loop needs it.
        pool().acquire(5000).release();
        RdmaHeader h = new RdmaHeader();
        h.decode(ByteBuffer.wrap(server.message().data()), 100);
        return h;
    }

    private void write(RdmaHeader h, byte value) {
        byte[] bytes = new byte[5000];
        Arrays.fill(bytes, value);
        server.queuePair().postSend(new WorkRequest().write(h.writeHandle(REPLY, 0), h.writeOffset(REPLY, 0))
                .add(ByteBuffer.wrap(bytes)).signaled(true));
    }

    /** Sends a message that the client drops, and waits until it has: what was written before is in place then. */
    private void awaitPlaced() {
        long before = Counters.process().get(XprtCounter.DROPPED_SHORT);
        server.queuePair().postSend(new WorkRequest().send().add(ByteBuffer.allocate(4)).signaled(true));
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (Counters.process().get(XprtCounter.DROPPED_SHORT) == before && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(Counters.process().get(XprtCounter.DROPPED_SHORT)).isGreaterThan(before);
    }

    private RegbufPool pool() {
        return ((RdmaRpcTransport) transport).connection().device().regbufs();
    }

    /** The pool hands out last what it got back last: the memory of the call that was given up. */
    private byte[] memoryOfTheCall() {
        Regbuf regbuf = pool().acquire(5000);
        byte[] bytes = new byte[5000];
        regbuf.memory().get(0, bytes);
        regbuf.release();
        return bytes;
    }

    private static byte[] all(byte value) {
        byte[] bytes = new byte[5000];
        Arrays.fill(bytes, value);
        return bytes;
    }

    private void expectTerminate() {
        assertThat(server.end()).isInstanceOfSatisfying(PeerTerminatedException.class, e -> {
            assertThat(e.layer()).as("DDP").isEqualTo(1);
            assertThat(e.type()).as("tagged buffer error").isEqualTo(1);
            assertThat(e.code()).as("invalid STag").isZero();
        });
    }

    @Test
    @Tag("conformance-29")
    @Tag("conformance-94")
    void aWriteAfterTheTimeOutIsTerminatedAndChangesNothing() throws Exception {
        Future<?> timedOut = executor.submit(() -> {
            call().call(1, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 4, TimeUnit.SECONDS);
            return null;
        });
        RdmaHeader h = receiveCall();
        write(h, EARLY);
        assertThat(server.sendCompletion().ok()).isTrue();
        awaitPlaced();
        assertThatThrownBy(() -> timedOut.get(20, TimeUnit.SECONDS)).hasRootCauseInstanceOf(TimeoutException.class);
        assertThat(memoryOfTheCall()).isEqualTo(all(EARLY));
        write(h, LATE);
        expectTerminate();
        assertThat(memoryOfTheCall()).isEqualTo(all(EARLY));
    }

    @Test
    @Tag("conformance-29")
    void aWriteAfterACancelIsTerminatedAndChangesNothing() throws Exception {
        Future<XdrVoid> future = call().call(1, XdrVoid.XDR_VOID, XdrVoid.class);
        RdmaHeader h = receiveCall();
        write(h, EARLY);
        assertThat(server.sendCompletion().ok()).isTrue();
        awaitPlaced();
        future.cancel(true);
        write(h, LATE);
        expectTerminate();
        assertThat(memoryOfTheCall()).isEqualTo(all(EARLY));
    }

    @Test
    void aLateReplyThatInvalidatesWhatTheCallOfferedEndsNothing() throws Exception {
        Future<XdrVoid> future = call().call(1, XdrVoid.XDR_VOID, XdrVoid.class);
        RdmaHeader h = receiveCall();
        future.cancel(true);
        answer(h, true);
        Future<XdrVoid> next = call().call(1, XdrVoid.XDR_VOID, XdrVoid.class);
        answer(receiveCall(), false);
        next.get(20, TimeUnit.SECONDS);
        assertThat(transport.isOpen()).isTrue();
    }

    /** Sends an empty reply. */
    private void answer(RdmaHeader call, boolean invalidate) {
        ByteBuffer reply = ByteBuffer.allocate(4096);
        RdmaHeader answer = new RdmaHeader().reset().xid(call.xid()).version(1).credits(8).procedure(RdmaHeader.RDMA_MSG);
        reply.position(answer.encode(reply, 0));
        reply.putInt(call.xid()).putInt(1).putInt(0).putLong(0).putInt(0).flip();
        WorkRequest send = invalidate ? new WorkRequest().sendWithInvalidate(call.writeHandle(REPLY, 0)) : new WorkRequest().send();
        server.queuePair().postSend(send.add(reply).signaled(true));
    }

    @Test
    @Tag("conformance-44")
    void aWriteAfterTheReplyIsTerminated() throws Exception {
        Future<XdrVoid> future = call().call(1, XdrVoid.XDR_VOID, XdrVoid.class);
        RdmaHeader h = receiveCall();
        answer(h, false);
        future.get(20, TimeUnit.SECONDS);
        write(h, LATE);
        expectTerminate();
    }

    /** What the memory held before is of other calls, perhaps to other servers. */
    @Test
    void aReplyThatWasNotWrittenWholeFailsItsCallAtOnce() throws Exception {
        long before = Counters.process().get(XprtCounter.REPLY_NOT_WRITTEN);
        Future<?> call = executor.submit(() -> {
            call().call(1, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 60, TimeUnit.SECONDS);
            return null;
        });
        RdmaHeader h = receiveCall();
        ByteBuffer message = ByteBuffer.allocate(24).putInt(h.xid()).putInt(1).rewind();
        server.queuePair().postSend(new WorkRequest().write(h.writeHandle(REPLY, 0), h.writeOffset(REPLY, 0)).add(message).signaled(true));
        RdmaHeader reply = new RdmaHeader().reset().xid(h.xid()).version(RdmaHeader.VERSION).credits(32).procedure(RdmaHeader.RDMA_NOMSG);
        reply.beginReply();
        reply.addReplySegment(h.writeHandle(REPLY, 0), 25, h.writeOffset(REPLY, 0));
        ByteBuffer header = ByteBuffer.allocate(reply.encodedLength());
        reply.encode(header, 0);
        server.queuePair().postSend(new WorkRequest().send().add(header).signaled(true));
        assertThatThrownBy(() -> call.get(20, TimeUnit.SECONDS)).hasMessageContaining("of which the first 24 were written");
        assertThat(Counters.process().get(XprtCounter.REPLY_NOT_WRITTEN)).isEqualTo(before + 1);
        assertThat(transport.isOpen()).isTrue();
    }
}
