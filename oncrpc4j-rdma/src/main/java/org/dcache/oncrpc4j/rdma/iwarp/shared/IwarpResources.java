// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.shared;

import java.io.IOException;
import java.net.InetAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoop;
import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoops;
import org.dcache.oncrpc4j.rdma.iwarp.memory.StagRandom;
import org.dcache.oncrpc4j.rdma.iwarp.rx.ReceivePool;
import org.dcache.oncrpc4j.rdma.iwarp.tx.Staging;
import org.dcache.oncrpc4j.rdma.iwarp.tx.StagingPool;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.metrics.Gauges;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;

/**
 * What the listeners, handshakes and connections of one adapter share: settings, counters, loops and pools; and the list of them all.
 *
 * <p>Everything that has a socket is one of its {@link Members} from before it can call back until after its last callback; {@link #close}
 * tells each member, waits until none is left, and then gives up its share of the {@link EventLoops}. Any thread.
 */
public final class IwarpResources {

    /** The name of the provider. */
    public static final String PROVIDER = "iwarp";

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
    private final Members lingering = new Members();
    private volatile boolean closed;

    public IwarpResources(IwarpSettings settings, MemoryBudget memory) {
        this.settings = settings;
        this.memory = memory;
        this.staging = new StagingPool(memory, Math.min(STAGING_BYTES, memory.limit() / 4), this::offLoop);
        this.receives = new ReceivePool.Resources(memory, this::offLoop);
        this.loops = EventLoops.acquire(settings.loops(), settings.spinNanos());
        this.gauges = List.of(
                Gauges.process().add(IwarpGauge.RECEIVES_LENT, receives::lent),
                Gauges.process().add(IwarpGauge.STAGING_BYTES_LENT, () -> (long) staging.lent() * Staging.SIZE));
    }

    public IwarpSettings settings() {
        return settings;
    }

    public MemoryBudget memory() {
        return memory;
    }

    /** What this adapter's listeners and connections counted. */
    public Counters counters() {
        return counters;
    }

    /** Its listeners, handshakes, connections and what lingers of them. */
    public Members members() {
        return members;
    }

    /** Of the members, sockets of connections that have ended. */
    public Members lingering() {
        return lingering;
    }

    public boolean isClosed() {
        return closed;
    }

    public EventLoop nextLoop() {
        return EventLoops.next(loops);
    }

    public StagRandom stagRandom() {
        return random;
    }

    /** On the helper thread; here only if the system has no more threads, since somebody waits for what the task does. */
    public void offLoop(Runnable task) {
        if (!helper.execute(task)) {
            task.run();
        }
    }

    public StagingPool stagingPool() {
        return staging;
    }

    public ReceivePool receivePool(EventLoop loop, int size) {
        return receivePools.computeIfAbsent(loop, k -> new ConcurrentHashMap<>())
                .computeIfAbsent(size, k -> new ReceivePool(loop, size, receives));
    }

    /** The largest ULPDU to send from this address; asking the system is slow, so it is asked once for each. */
    public int mulpdu(InetAddress local) {
        return settings.mulpdu() != null ? settings.mulpdu() : mulpdus.computeIfAbsent(local, Mulpdu::of);
    }

    /** Socket options of every connection. */
    public void configure(SocketChannel channel) throws IOException {
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        if (settings.tos() != 0 && channel.supportedOptions().contains(StandardSocketOptions.IP_TOS)) {
            channel.setOption(StandardSocketOptions.IP_TOS, settings.tos());
        }
    }

    /** Not on a loop. */
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
}
