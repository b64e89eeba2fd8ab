// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.jmh;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.xprt.Acceptor;
import org.dcache.oncrpc4j.rdma.xprt.ConnectionOwner;
import org.dcache.oncrpc4j.rdma.xprt.Connector;
import org.dcache.oncrpc4j.rdma.xprt.RdmaConnection;
import org.dcache.oncrpc4j.rdma.xprt.link.Limits;
import org.dcache.oncrpc4j.rdma.xprt.link.RdmaDevice;
import org.dcache.oncrpc4j.rdma.xprt.link.SendListener;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.requester.ReplyListener;
import org.dcache.oncrpc4j.rdma.xprt.responder.InboundCall;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Inline calls and replies through the connection engine and the software provider over loopback, both ends in this JVM, without oncrpc4j:
 * what is allocated here per call is what the transport allocates, client and server together. The benchmark itself reuses everything it
 * can.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class InlineCallBenchmark {

    private static final Counters COUNTERS = Counters.process().child();
    private static final int DEPTH = 32;
    private static final int CALLS = 1024;
    private static final int CALL_LENGTH = 40;
    private static final int REPLY_LENGTH = 24;
    private static final int REPLY = 1;
    private static final int TYPE_OFFSET = 4;

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
    private final AtomicReference<IOException> failure = new AtomicReference<>();
    private RdmaDevice device;
    private Acceptor acceptor;
    private RdmaConnection connection;
    private final Call[] calls = new Call[DEPTH];

    @Setup
    public void connect() throws Exception {
        Configuration config = Configuration.of(Map.of());
        VerbsProvider iwarp = ServiceLoader.load(VerbsProvider.class).stream().map(ServiceLoader.Provider::get)
                .filter(p -> p.name().equals("iwarp")).findFirst().orElseThrow();
        Adapter adapter = iwarp.open(config);
        device = new RdmaDevice(adapter, Limits.of(config, adapter.capabilities().inline()), COUNTERS, timer);
        acceptor = new Acceptor(device, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 8, address -> true, 8,
                () -> device.connections().size(), COUNTERS, (peer, cause) -> { }, Server::new);
        connection = Connector.connect(device, acceptor.localAddress(), null, 10_000, new Idle()).get(10, TimeUnit.SECONDS);
        for (int i = 0; i < DEPTH; i++) {
            calls[i] = new Call(i);
        }
    }

    @TearDown
    public void close() {
        acceptor.close();
        device.close();
        timer.shutdownNow();
    }

    @Benchmark
    public void alone() throws Exception {
        calls[0].begin();
        calls[0].done.acquire();
        check();
    }

    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void deep() throws Exception {
        for (int i = 0; i < CALLS; i++) {
            Call call = calls[i % DEPTH];
            if (i >= DEPTH) {
                call.done.acquire();
            }
            call.begin();
        }
        for (Call call : calls) {
            call.done.acquire();
        }
        check();
    }

    private void check() throws IOException {
        if (failure.get() != null) {
            throw failure.get();
        }
    }

    /** A client's call; begun again only when it is done. */
    private final class Call implements ReplyListener, SendListener {

        private final Semaphore done = new Semaphore(0);
        private final ByteBuffer message = ByteBuffer.allocateDirect(CALL_LENGTH);
        private int xid;

        Call(int number) {
            xid = number;
        }

        void begin() throws IOException {
            xid += DEPTH;
            message.clear().putInt(0, xid);
            connection.requester().register(xid, this);
            SendContext context = connection.newContext();
            context.message().add(message, null);
            context.expected().bound(REPLY_LENGTH);
            connection.requester().call(xid, context, this);
        }

        @Override
        public void locate(ByteBuffer reduced, int[] lengths, int count, int[] positions) {}

        @Override
        public void replied(ByteBuffer reply, Regbuf memory) {
            if (memory != null) {
                memory.release();
            }
            done.release();
        }

        @Override
        public void failed(IOException cause) {
            failure.compareAndSet(null, cause);
            done.release();
        }

        @Override
        public void sent(int bytes) {}

        @Override
        public void failed(IOException cause, boolean onLoop) {
            failed(cause);
        }
    }

    /** Answers on the loop itself; replies lie in a ring that is longer than calls can be outstanding. */
    private final class Server implements ConnectionOwner, SendListener {

        private final ByteBuffer[] replies = new ByteBuffer[4 * DEPTH];
        private int next;

        Server() {
            for (int i = 0; i < replies.length; i++) {
                replies[i] = ByteBuffer.allocateDirect(REPLY_LENGTH).putInt(TYPE_OFFSET, REPLY);
            }
        }

        @Override
        public Counters counters() {
            return COUNTERS;
        }

        @Override
        public void established(RdmaConnection accepted) {}

        @Override
        public void received(InboundCall call) {
            ByteBuffer reply = replies[next++ % replies.length];
            reply.clear().putInt(0, call.xid());
            SendContext context = call.connection().newContext();
            context.message().add(reply, null);
            call.reply(context, this);
        }

        @Override
        public void disconnected(RdmaConnection ended, IOException cause) {}

        @Override
        public void sent(int bytes) {}

        @Override
        public void failed(IOException cause, boolean onLoop) {
            failure.compareAndSet(null, cause);
        }
    }

    /** The client's side serves nobody. */
    private static final class Idle implements ConnectionOwner {

        @Override
        public Counters counters() {
            return COUNTERS;
        }

        @Override
        public void established(RdmaConnection dialled) {}

        @Override
        public void received(InboundCall call) {
            call.discard();
        }

        @Override
        public void disconnected(RdmaConnection ended, IOException cause) {}
    }
}
