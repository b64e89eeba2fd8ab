// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.proto.MalformedHeaderException;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.Capabilities;
import org.dcache.oncrpc4j.rdma.verbs.ConnectListener;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequestHandler;
import org.dcache.oncrpc4j.rdma.verbs.Listener;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.MemoryRegion;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;
import org.dcache.oncrpc4j.rdma.xprt.link.Limits;
import org.dcache.oncrpc4j.rdma.xprt.link.RdmaDevice;
import org.dcache.oncrpc4j.rdma.xprt.link.SendListener;
import org.dcache.oncrpc4j.rdma.xprt.link.SharedThreads;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.requester.ReplyListener;
import org.dcache.oncrpc4j.rdma.xprt.responder.InboundCall;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;

/** One connection of the engine on a {@link ScriptedQueuePair}; the test plays the peer byte by byte. */
public final class Engine implements ConnectionOwner, AutoCloseable {

    public static final int INLINE = 4096;

    final Counters counters = Counters.process().child();
    final ScriptedQueuePair qp;
    public final RdmaDevice device;
    public final RdmaConnection connection;
    final List<InboundCall> calls = new ArrayList<>();
    final List<TestReceive> receives = new ArrayList<>();
    private final boolean inOrder;
    IOException disconnected;

    Engine(boolean initiator, PrivateData peer, Map<String, String> settings) {
        this(initiator, peer, settings, false);
    }

    Engine(boolean initiator, PrivateData peer, Map<String, String> settings, boolean inOrder) {
        this.inOrder = inOrder;
        Configuration config = Configuration.of(settings);
        Limits limits = Limits.of(config, INLINE);
        device = new RdmaDevice(new TestAdapter(), limits, counters, SharedThreads.acquireTimer());
        qp = new ScriptedQueuePair(peer == null ? new byte[0] : peer.encode());
        connection = new RdmaConnection(device, this, initiator, new PrivateData(true, limits.inline(), limits.inline()));
        qp.handler = connection;
        connection.onEstablished(qp);
    }

    static Engine server() {
        return new Engine(false, new PrivateData(true, INLINE, INLINE), Map.of());
    }

    public static Engine client() {
        return new Engine(true, new PrivateData(false, INLINE, INLINE), Map.of());
    }

    /** A message arrives. */
    TestReceive receive(byte[] message) {
        return receive(message, 0);
    }

    TestReceive receive(byte[] message, int invalidated) {
        TestReceive buffer = new TestReceive(message, invalidated);
        receives.add(buffer);
        connection.onReceive(qp, buffer);
        return buffer;
    }

    /** Header and payload as one message. */
    static byte[] message(RdmaHeader header, byte[] payload) {
        ByteBuffer b = ByteBuffer.allocate(header.encodedLength() + payload.length);
        int at = header.encode(b, 0);
        b.put(at, payload);
        return b.array();
    }

    static RdmaHeader header(int xid, int credits, int procedure) {
        return new RdmaHeader().reset().xid(xid).version(RdmaHeader.VERSION).credits(credits).procedure(procedure);
    }

    /** An RPC call with this many bytes of arguments after a header with AUTH_NONE. */
    public static byte[] call(int xid, int arguments) {
        ByteBuffer b = ByteBuffer.allocate(40 + arguments);
        b.putInt(xid).putInt(0).putInt(2).putInt(400100).putInt(1).putInt(7).putLong(0).putLong(0);
        return fill(b);
    }

    /** An accepted RPC reply with this many bytes of results. */
    static byte[] reply(int xid, int results) {
        ByteBuffer b = ByteBuffer.allocate(24 + results);
        b.putInt(xid).putInt(1).putInt(0).putLong(0).putInt(0);
        return fill(b);
    }

    private static byte[] fill(ByteBuffer b) {
        for (int i = 0; b.hasRemaining(); i++) {
            b.put((byte) (i * 31 + 7));
        }
        return b.array();
    }

    /** The header of the n-th message that the engine sent. */
    RdmaHeader sentHeader(int n) throws MalformedHeaderException {
        RdmaHeader h = new RdmaHeader();
        h.decode(sends().get(n).data(), 1000);
        return h;
    }

    /** The inline RPC message of the n-th message that the engine sent. */
    byte[] sentPayload(int n) throws MalformedHeaderException {
        ByteBuffer data = sends().get(n).data();
        int at = new RdmaHeader().decode(data, 1000);
        byte[] payload = new byte[data.limit() - at];
        data.get(at, payload);
        return payload;
    }

    List<ScriptedQueuePair.Posted> sends() {
        return qp.posted.stream().filter(p -> p.opcode().name().startsWith("SEND")).toList();
    }

    @Override
    public Counters counters() {
        return counters;
    }

    @Override
    public void established(RdmaConnection c) {}

    @Override
    public boolean inOrder() {
        return inOrder;
    }

    @Override
    public void received(InboundCall call) {
        qp.log.add("call " + call.xid());
        calls.add(call);
    }

    @Override
    public void disconnected(RdmaConnection c, IOException cause) {
        disconnected = cause;
    }

    /** Answers a call with these bytes, in one piece. */
    void answer(InboundCall call, byte[] message, int... items) {
        SendContext context = connection.newContext();
        context.message().add(ByteBuffer.wrap(message), null);
        for (int i = 0; i < items.length; i += 2) {
            context.message().item(items[i], items[i + 1]);
        }
        call.reply(context, new Listening());
    }

    /** Waits for a reply and writes down what happens in the queue pair's log. */
    class Waiting implements ReplyListener {
        byte[] reply;
        IOException failure;
        int outcomes;
        int place = -1;
        /** What it does first when it is asked for the places of results. */
        Runnable fault = () -> {};

        @Override
        public void locate(ByteBuffer reduced, int[] lengths, int count, int[] positions) {
            fault.run();
            for (int i = 0; i < count; i++) {
                positions[i] = lengths[i] > 0 ? place : -1;
            }
        }

        @Override
        public void replied(ByteBuffer message, Regbuf memory) {
            qp.log.add("replied");
            outcomes++;
            reply = new byte[message.remaining()];
            message.get(message.position(), reply);
            if (memory != null) {
                memory.release();
            }
        }

        @Override
        public void failed(IOException cause) {
            qp.log.add("failed");
            outcomes++;
            failure = cause;
        }
    }

    /** Remembers what it was told. */
    public static final class Listening implements SendListener {
        public int sent;
        public int failed;
        boolean failedInPost;
        IOException cause;

        @Override
        public void sent(int bytes) {
            sent++;
        }

        @Override
        public void failed(IOException reason, boolean inPost) {
            failed++;
            failedInPost = inPost;
            cause = reason;
        }
    }

    /** A received message; counts its releases. */
    static final class TestReceive implements ReceiveBuffer {
        private final ByteBuffer data;
        private final int invalidated;
        int released;

        TestReceive(byte[] message, int invalidated) {
            this.data = ByteBuffer.wrap(message);
            this.invalidated = invalidated;
        }

        @Override
        public ByteBuffer data() {
            return data;
        }

        @Override
        public boolean invalidated() {
            return invalidated != 0;
        }

        @Override
        public int invalidatedStag() {
            return invalidated;
        }

        @Override
        public void release() {
            released++;
        }
    }

    @Override
    public void close() {
        device.close();
        SharedThreads.releaseTimer();
    }

    /** Has abilities and memory, but no network. */
    static final class TestAdapter implements Adapter {
        int registrations;
        /** Thrown by every registration. */
        RuntimeException fault;
        /** Whether memory need not be registered. */
        boolean anyMemory = true;
        private final MemoryBudget memory = new MemoryBudget(64 << 20);

        @Override
        public String provider() {
            return "scripted";
        }

        @Override
        public Capabilities capabilities() {
            return new Capabilities(anyMemory, true, true, true, true, true, true, true, true, true, true, 16, 1 << 20, INLINE, 252);
        }

        @Override
        public MemoryBudget memory() {
            return memory;
        }

        @Override
        public MemoryRegion register(ByteBuffer direct) {
            if (fault != null) {
                throw fault;
            }
            registrations++;
            return new MemoryRegion() {
                @Override
                public ByteBuffer memory() {
                    return direct;
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public Listener listen(InetSocketAddress local, int backlog, ConnectionRequestHandler handler) {
            throw new AssertionError("not asked for");
        }

        @Override
        public void connect(InetSocketAddress remote, ConnectOptions options, QueuePairHandler handler, ConnectListener listener) {
            throw new AssertionError("not asked for");
        }

        @Override
        public void close() {}
    }
}
