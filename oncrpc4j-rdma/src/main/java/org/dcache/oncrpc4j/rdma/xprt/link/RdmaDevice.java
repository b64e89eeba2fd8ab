// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.link;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.metrics.Gauges;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.error.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtGauge;
import org.dcache.oncrpc4j.rdma.xprt.memory.RegbufPool;
import org.dcache.oncrpc4j.rdma.xprt.memory.SinkQueue;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContextPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open adapter with what all its connections share: regbufs, send contexts, the queue for sinks, and the periodic look at every
 * connection (kernel: {@code rpcrdma_ia_open}, {@code _remove}, {@code _close}).
 *
 * <p>Whoever opened it closes it, and the adapter with it; one that cannot be opened closes its adapter itself. Closing ends every
 * connection first, then frees memory: queue pairs, then regbufs, then the adapter's own.
 */
public final class RdmaDevice implements AutoCloseable {

    /** How often connections are looked at for keepalive, idleness and stuck Reads, milliseconds. */
    private static final long PERIOD = 500;

    /** Never post smaller receives: a Linux server may send replies up to its default threshold whatever we said. */
    private static final int LEAST_RECEIVE = 4096;

    private static final Logger LOG = LoggerFactory.getLogger(RdmaDevice.class);

    private final Adapter adapter;
    private final Limits limits;
    private final Counters counters;
    private final HelperThread helper = new HelperThread("rpcrdma registrar");
    private final RegbufPool regbufs;
    private final MemoryBudget resultHeap;
    private final SinkQueue sinks;
    private final SendContextPool sendContexts = new SendContextPool();
    private final LongAdder exposures = new LongAdder();
    private final Set<Link> connections = ConcurrentHashMap.newKeySet();
    private final List<Gauges.Gauge> gauges = new ArrayList<>();
    private ScheduledFuture<?> patrol;

    /** @param timer shared; its thread is only borrowed for short looks */
    public RdmaDevice(Adapter adapter, Limits limits, Counters counters, ScheduledThreadPoolExecutor timer) {
        this.adapter = adapter;
        this.limits = limits;
        this.counters = counters;
        this.regbufs = new RegbufPool(adapter, adapter.memory(), counters, this::offLoopOrReject);
        this.resultHeap = new MemoryBudget(Math.min(adapter.memory().limit(), Runtime.getRuntime().maxMemory() / 2));
        this.sinks = new SinkQueue(regbufs, counters, this::offLoop);
        try {
            regbufs.prepare(RdmaHeader.MIN_LENGTH);
            regbufs.prepare(limits.inline());
            gauge(XprtGauge.CONNECTIONS, connections::size);
            gauge(XprtGauge.REGBUF_BYTES_IN_USE, regbufs::inUse);
            gauge(XprtGauge.REGBUF_BYTES, regbufs::allocated);
            gauge(XprtGauge.CALLS_PENDING, () -> connections.stream().mapToLong(Link::callsPending).sum());
            gauge(XprtGauge.CALLS_SERVED, () -> connections.stream().mapToLong(Link::callsServed).sum());
            gauge(XprtGauge.SEND_CONTEXTS, sendContexts::inUse);
            gauge(XprtGauge.EXPOSURES, exposures::sum);
            patrol = timer.scheduleWithFixedDelay(() -> patrol(System.nanoTime()), PERIOD, PERIOD, TimeUnit.MILLISECONDS);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private void gauge(XprtGauge name, LongSupplier level) {
        gauges.add(Gauges.process().add(name, level));
    }

    public Adapter adapter() {
        return adapter;
    }

    public Limits limits() {
        return limits;
    }

    public Counters counters() {
        return counters;
    }

    public RegbufPool regbufs() {
        return regbufs;
    }

    /** What results may take of the heap while they arrive. */
    public MemoryBudget resultHeap() {
        return resultHeap;
    }

    public SinkQueue sinks() {
        return sinks;
    }

    public SendContextPool sendContexts() {
        return sendContexts;
    }

    /** So many pieces of memory were exposed, or fenced if negative. Any thread. */
    public void exposed(int count) {
        exposures.add(count);
    }

    /** Connections that are up at this moment. */
    public Set<Link> connections() {
        return Set.copyOf(connections);
    }

    /**
     * Runs what may block in the system for the allocation or registration of memory, off the loops, in the order of the calls. Any thread.
     * When the device is closed it runs at once: nothing blocks then. The same when the system has no more threads, since somebody waits
     * for what the task does.
     */
    public void offLoop(Runnable task) {
        if (!tryOffLoop(task)) {
            task.run();
        }
    }

    /** As {@link #offLoop}. @return false when the device is closed or the system has no more threads: it will not run */
    boolean tryOffLoop(Runnable task) {
        return helper.execute(task);
    }

    /** Of what nobody waits for. */
    private void offLoopOrReject(Runnable task) {
        if (!tryOffLoop(task)) {
            throw new RejectedExecutionException("no thread for it");
        }
    }

    /** Whether addresses of this kind work with the adapter. A wildcard address is served as what the adapter has. */
    public boolean serves(InetAddress address) {
        return servesIpv6() || address instanceof Inet4Address || address.isAnyLocalAddress();
    }

    public boolean servesIpv6() {
        return adapter.capabilities().ipv6();
    }

    /** Whether its connections can come on TCP ports of others. */
    public boolean sharesTcpPorts() {
        return adapter.sharesTcpPorts();
    }

    void add(Link connection) {
        connections.add(connection);
    }

    void remove(Link connection) {
        connections.remove(connection);
    }

    /** What our side says in every handshake. Receives are posted before the peer hears of us [2]. */
    public ConnectOptions options(InetSocketAddress local, long timeoutMillis, byte[] privateData) {
        int receiveSize = Math.max(limits.inline(), LEAST_RECEIVE);
        return new ConnectOptions(local, timeoutMillis, privateData, receiveSize, limits.receives(),
                limits.inboundReads(), limits.outboundReads());
    }

    /**
     * The periodic look at every connection, and at the calls that wait for memory. It must not throw: a scheduled task that does is never
     * run again.
     */
    public void patrol(long now) {
        try {
            sinks.lookAgain();
        } catch (RuntimeException | Error e) {
            LOG.error("looking for memory for calls that wait failed", e);
        }
        for (Link connection : connections) {
            try {
                connection.patrol(now);
            } catch (RuntimeException | Error e) {
                patrolFailed(connection, e);
            }
        }
    }

    /** A fault of ours at one connection: it ends, since nothing would look after it, and the others are looked at as ever. */
    private void patrolFailed(Link connection, Throwable fault) {
        try {
            counters.increment(XprtCounter.PATROL_FAILED);
            LOG.error("{}: the periodic look failed, the connection is ended", connection.remoteAddress(), fault);
            connection.abort(new ConnectionClosedException("the periodic look at it failed: " + fault));
        } catch (RuntimeException | Error again) {
            // Out of memory, most likely; the next look comes.
        }
    }

    /** Ends every connection, waits for their last callbacks, frees the memory. Not on a loop. Idempotent. */
    @Override
    public void close() {
        if (patrol != null) {
            patrol.cancel(false);
        }
        gauges.forEach(Gauges.Gauge::close);
        AdapterClosedException cause = new AdapterClosedException("the RDMA adapter was closed");
        for (Link connection : connections) {
            connection.close(cause);
        }
        adapter.close();
        helper.close();
        regbufs.close();
    }
}
