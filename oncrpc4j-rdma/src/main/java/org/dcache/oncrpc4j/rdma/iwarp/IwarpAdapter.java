// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoop;
import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoops;
import org.dcache.oncrpc4j.rdma.iwarp.rx.ReceivePool;
import org.dcache.oncrpc4j.rdma.iwarp.tx.Staging;
import org.dcache.oncrpc4j.rdma.iwarp.tx.StagingPool;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.metrics.Gauges;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.Capabilities;
import org.dcache.oncrpc4j.rdma.verbs.ConnectListener;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequestHandler;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.Listener;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.MemoryRegion;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.SharedPort;
import org.dcache.oncrpc4j.rdma.verbs.error.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;

/**
 * Software iWARP opened for one user: owns its listeners, handshakes and connections, and the pools they share.
 *
 * <p>Everything that has a socket is one of its {@link Members} from before it can call back until after its last callback; {@link #close}
 * tells each member, waits until none is left, and then gives up its share of the {@link EventLoops}. Any thread.
 */
public final class IwarpAdapter implements Adapter {

    private static final int MAX_SGE = 1024;
    private static final int MAX_SEND = 1 << 30;
    /** A posted receive costs nothing here, and a small READ or WRITE that goes inline takes one message a side instead of two. */
    private static final int INLINE = 16 << 10;
    private static final int MAX_PRIVATE_DATA = 252;

    static final Capabilities CAPABILITIES = new Capabilities(true, true, true, true, true, true, true, true, true, true, MAX_SGE, MAX_SEND,
            INLINE, MAX_PRIVATE_DATA);

    private static final long STAGING_BYTES = 64L << 20;

    private final IwarpSettings settings;
    private final MemoryBudget memory;
    private final EventLoop[] loops;
    private final Counters counters = Counters.process().child();
    private final StagRandom random = new StagRandom();
    private final HelperThread helper = new HelperThread("rdma-iwarp memory");
    private final StagingPool staging;
    private final ReceivePool.Resources receives;
    private final List<Gauges.Gauge> gauges;
    private final Map<EventLoop, Map<Integer, ReceivePool>> receivePools = new ConcurrentHashMap<>();
    private final Map<InetAddress, Integer> mulpdus = new ConcurrentHashMap<>();
    private final Members members = new Members();
    private volatile boolean closed;

    IwarpAdapter(IwarpSettings settings, MemoryBudget memory) {
        this.settings = settings;
        this.memory = memory;
        this.staging = new StagingPool(memory, Math.min(STAGING_BYTES, memory.limit() / 4), this::offLoop);
        this.receives = new ReceivePool.Resources(memory, this::offLoop);
        this.loops = EventLoops.acquire(settings.loops());
        this.gauges = List.of(
                Gauges.process().add(IwarpGauge.RECEIVES_LENT, receives::lent),
                Gauges.process().add(IwarpGauge.STAGING_BYTES_LENT, () -> (long) staging.lent() * Staging.SIZE));
    }

    @Override
    public String provider() {
        return IwarpProvider.NAME;
    }

    @Override
    public Capabilities capabilities() {
        return CAPABILITIES;
    }

    @Override
    public MemoryBudget memory() {
        return memory;
    }

    /** What this adapter's listeners and connections counted. */
    public Counters counters() {
        return counters;
    }

    @Override
    public MemoryRegion register(ByteBuffer direct) {
        return new MemoryRegion() {
            @Override
            public ByteBuffer memory() {
                return direct;
            }

            @Override
            public void close() {
                // Nothing was registered.
            }
        };
    }

    @Override
    public Listener listen(InetSocketAddress local, int backlog, ConnectionRequestHandler handler) throws IOException {
        if (closed) {
            throw new AdapterClosedException("cannot listen on " + local + ": the iWARP adapter is closed");
        }
        EventLoop loop = nextLoop();
        IwarpListener listener = new IwarpListener(this, loop, local, backlog, handler);
        if (!members.add(listener)) {
            listener.adapterClosed();
            throw new AdapterClosedException("cannot listen on " + local + ": the iWARP adapter is closed");
        }
        loop.execute(listener::start);
        return listener;
    }

    @Override
    public boolean sharesTcpPorts() {
        return true;
    }

    @Override
    public SharedPort share(InetSocketAddress local, ConnectionRequestHandler handler) throws AdapterClosedException {
        if (closed) {
            throw new AdapterClosedException("cannot share " + local + ": the iWARP adapter is closed");
        }
        return new IwarpSharedPort(this, local, handler);
    }

    @Override
    public void connect(InetSocketAddress remote, ConnectOptions options, QueuePairHandler handler, ConnectListener listener) {
        AdapterClosedException gone = new AdapterClosedException("cannot connect to " + remote + ": the iWARP adapter is closed");
        if (closed) {
            listener.failed(gone);
            return;
        }
        EventLoop loop = nextLoop();
        OutboundHandshake handshake = new OutboundHandshake(this, loop, remote, options, handler, listener);
        if (!members.add(handshake)) {
            listener.failed(gone);
            return;
        }
        loop.execute(handshake::start);
    }

    @Override
    public void close() {
        for (EventLoop loop : loops) {
            if (loop.inLoop()) {
                throw new IllegalStateException("an adapter cannot be closed from a callback: it waits for the callbacks to end");
            }
        }
        members.close(() -> {
            closed = true;
            gauges.forEach(Gauges.Gauge::close);
            EventLoops.release();
        });
        helper.close();
    }

    /** Its listeners, handshakes, connections and what lingers of them. */
    Members members() {
        return members;
    }

    boolean isClosed() {
        return closed;
    }

    EventLoop nextLoop() {
        return EventLoops.next(loops);
    }

    IwarpSettings settings() {
        return settings;
    }

    StagRandom stagRandom() {
        return random;
    }

    /** On the helper thread; here only if the system has no more threads, since somebody waits for what the task does. */
    void offLoop(Runnable task) {
        if (!helper.execute(task)) {
            task.run();
        }
    }

    StagingPool stagingPool() {
        return staging;
    }

    ReceivePool receivePool(EventLoop loop, int size) {
        return receivePools.computeIfAbsent(loop, k -> new ConcurrentHashMap<>())
                .computeIfAbsent(size, k -> new ReceivePool(loop, size, receives));
    }

    /** The largest ULPDU to send from this address; asking the system is slow, so it is asked once for each. */
    int mulpdu(InetAddress local) {
        return settings.mulpdu() != null ? settings.mulpdu() : mulpdus.computeIfAbsent(local, Mulpdu::of);
    }

    /** Socket options of every connection. */
    void configure(SocketChannel channel) throws IOException {
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        if (settings.tos() != 0 && channel.supportedOptions().contains(StandardSocketOptions.IP_TOS)) {
            channel.setOption(StandardSocketOptions.IP_TOS, settings.tos());
        }
    }
}
