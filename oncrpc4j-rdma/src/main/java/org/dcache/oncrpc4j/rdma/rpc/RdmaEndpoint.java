// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.ConfigurationException;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.config.Transport;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.metrics.CountersManagement;
import org.dcache.oncrpc4j.rdma.metrics.StatSocket;
import org.dcache.oncrpc4j.rdma.rpc.executor.Executors;
import org.dcache.oncrpc4j.rdma.rpc.message.Bindings;
import org.dcache.oncrpc4j.rdma.rpc.ports.Rpcbind;
import org.dcache.oncrpc4j.rdma.rpc.ports.ServicePorts;
import org.dcache.oncrpc4j.rdma.rpc.xdr.RegbufMemoryManager;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.dcache.oncrpc4j.rdma.xprt.Acceptor;
import org.dcache.oncrpc4j.rdma.xprt.Connector;
import org.dcache.oncrpc4j.rdma.xprt.RdmaConnection;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.DevicePool;
import org.dcache.oncrpc4j.rdma.xprt.link.RdmaDevice;
import org.dcache.oncrpc4j.rdma.xprt.link.SharedThreads;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * RDMA for one {@code OncRpcSvc}: its connections, its share of the devices, and when its {@link ServiceListeners} are there.
 *
 * <p>Start, stop and connect are the service's, from whatever thread; they may block, loops never call them. Start and stop take turns. A
 * failed start leaves nothing bound and nothing taken, whatever it failed with. Stop ends the connections, waits until their last callback
 * is over and gives back what was taken; an interrupt only cuts short what it leaves the connections to end well. Connect throws what
 * oncrpc4j throws over TCP, or a subtype (docs/exceptions.md): an unresolved address is an unchecked exception there, the root cause of a
 * time-out a {@link TimeoutException}, and an interrupt is taken.
 */
final class RdmaEndpoint implements RpcEndpoint {

    private static final Logger LOG = LoggerFactory.getLogger(RdmaEndpoint.class);

    /** How long stop waits for connections to say good-bye before it cuts them off, milliseconds. */
    private static final long LINGER = 2000;
    private static final long LOOK_AGAIN = 10;

    /** Connections that come and go. */
    private final BoundedLog connectionLog = new BoundedLog(LOG);
    private final BoundedLog refusalLog = new BoundedLog(LOG);
    private final BoundedLog fallbackLog = new BoundedLog(LOG);
    private final ServiceContext service;
    private final Configuration config;
    private final DevicePool.Source devices;
    private final Counters counters = Counters.process().child();
    private final Bindings bindings = Bindings.load(RdmaEndpoint.class.getClassLoader());
    private final Set<RdmaRpcTransport> connections = ConcurrentHashMap.newKeySet();
    private final ServiceListeners listeners;

    /** Held by start and by stop, from beginning to end. */
    private final Object lifecycle = new Object();

    // guarded by this
    /** Null while nothing is open. */
    private List<DevicePool.Lease> leases;
    private boolean visible;
    /** How to give back what was taken, the last first. */
    private final Deque<Runnable> taken = new ArrayDeque<>();

    private volatile boolean stopped;
    /** Stops it since a loop asked for it, which must not wait for that; null when none was. */
    private volatile Thread stopper;
    /** Null before the first start. A service that has stopped still says where it was, as over TCP. */
    private volatile InetSocketAddress lastAddress;

    private volatile Executors executors;
    private volatile CallDispatcher dispatcher;
    private volatile ScheduledThreadPoolExecutor timer;

    RdmaEndpoint(ServiceContext service, Configuration config) {
        this(service, config, DevicePool::acquire);
    }

    RdmaEndpoint(ServiceContext service, Configuration config, DevicePool.Source devices) {
        this.service = service;
        this.config = config;
        this.devices = devices;
        this.listeners = new ServiceListeners(this, service, config);
    }

    ServiceContext service() {
        return service;
    }

    Counters counters() {
        return counters;
    }

    Collection<RdmaRpcTransport> connections() {
        return connections;
    }

    List<InetSocketAddress> listeners() {
        return listeners.addresses();
    }

    /** As {@link #listeners}, but one socket for both families is there for each. */
    List<InetSocketAddress> addressesByFamily() {
        return listeners.addressesByFamily();
    }

    Executors executors() {
        return executors;
    }

    CallDispatcher dispatcher() {
        return dispatcher;
    }

    Bindings bindings() {
        return bindings;
    }

    ScheduledThreadPoolExecutor timer() {
        return timer;
    }

    @Override
    public boolean replacesTcp() {
        return config.get(Settings.TRANSPORT) == Transport.RDMA;
    }

    /** TLS is what RDMA does not have. */
    static boolean refusesClear(ServiceContext service, Configuration config) {
        return service.tls() && !config.get(Settings.ALLOW_CLEAR);
    }

    static String refusalOfClear(ServiceContext service) {
        return "service " + service.name() + " is configured for TLS, which RDMA connections cannot have: set "
                + Settings.ALLOW_CLEAR.name() + "=on to carry it in clear, or leave " + Settings.TRANSPORT.name() + " at tcp";
    }

    private IOException stopped() {
        return new IOException("service " + service.name() + " was stopped");
    }

    private synchronized List<DevicePool.Lease> open() throws IOException {
        if (stopped) {
            throw stopped();
        }
        if (refusesClear(service, config)) {
            throw new IOException(refusalOfClear(service));
        }
        if (leases == null) {
            try {
                show();
                timer = SharedThreads.acquireTimer();
                taken.push(SharedThreads::releaseTimer);
                ExecutorService workers = SharedThreads.acquireWorkers();
                taken.push(SharedThreads::releaseWorkers);
                executors = new Executors(service.executor(), workers, timer, config.get(Settings.SAME_THREAD), counters);
                dispatcher = new CallDispatcher(service, executors, counters);
                List<DevicePool.Lease> all = devices.acquire(config);
                taken.push(() -> all.forEach(DevicePool.Lease::close));
                leases = all;
            } catch (IOException | RuntimeException | Error e) {
                giveBack();
                throw e;
            }
        }
        return leases;
    }

    /**
     * By JMX; also a service or client that has to do without RDMA, since its counters say so.
     *
     * @return false when it is stopped, and nobody would take it back
     */
    private synchronized boolean show() {
        if (!visible && !stopped) {
            CountersManagement.acquire();
            taken.push(CountersManagement::release);
            taken.push(ServiceManagement.register(this)::close);
            if (!config.get(Settings.STAT_SOCKET).isEmpty()) {
                taken.push(StatSocket.acquire(config.get(Settings.STAT_SOCKET), SharedThreads::daemon));
            }
            visible = true;
        }
        return !stopped;
    }

    /** All of it, also when one of them throws. */
    private void giveBack() {
        visible = false;
        Runnable last = taken.poll();
        if (last != null) {
            try {
                last.run();
            } finally {
                giveBack();
            }
        }
    }

    @Override
    public void start() throws IOException {
        start(null);
    }

    @Override
    public void start(InetSocketAddress tcp) throws IOException {
        awaitStopper();
        synchronized (lifecycle) {
            stopped = false;
            try {
                bindAll(tcp);
            } catch (IOException | RuntimeException | Error e) {
                if (tcp == null || e instanceof Error || config.get(Settings.TRANSPORT) != Transport.TCP_AND_RDMA
                        || config.get(Settings.REQUIRED)) {
                    if (service.publish()) {
                        new Rpcbind().clear(service.programs().keySet());
                    }
                    throw e;
                }
                stopped = false;
                show();
                counters.increment(RpcCounter.SERVED_TCP_ALONE);
                LOG.warn("service {} serves TCP alone, on {}, as {} is off: {}", service.name(), tcp, Settings.REQUIRED.name(),
                        e instanceof IOException || e instanceof ConfigurationException ? e.getMessage() : e.toString());
            }
        }
    }

    /** A stop that was asked for before this start comes before it. */
    private void awaitStopper() throws IOException {
        Thread due = stopper;
        if (due == null || !due.isAlive()) {
            return;
        }
        if (SharedThreads.isLoop()) {
            throw new IOException("service " + service.name() + " is still being stopped, which a program that runs in a loop ("
                    + Settings.SAME_THREAD.name() + ") cannot wait for; start it in another thread");
        }
        try {
            due.join();
        } catch (InterruptedException e) {
            throw (IOException) new InterruptedIOException("interrupted while service " + service.name() + " is being stopped")
                    .initCause(e);
        }
    }

    private void bindAll(InetSocketAddress tcp) throws IOException {
        if (service.client() || !listeners.isEmpty()) {
            return;
        }
        try {
            listeners.bind(open(), tcp);
        } catch (IOException | RuntimeException | Error e) {
            stop();
            throw e;
        }
        if (listeners.isEmpty()) {
            LOG.warn("service {} on TCP port {} is not served over RDMA: {} does not name that port", service.name(),
                    tcp == null ? service.minPort() : tcp.getPort(),
                    config.portSettingOf(service.name()));
            return;
        }
        lastAddress = listeners.addresses().get(0);
        for (Acceptor acceptor : listeners.acceptors()) {
            LOG.info("service {} accepts RDMA connections on {}{}", service.name(), acceptor.localAddress(),
                    listeners.isOnTcpPort(acceptor) ? ", its TCP port" : "");
        }
        if (service.publish()) {
            new Rpcbind().publish(service.programs().keySet(), listeners.addressesByFamily());
        }
    }

    RegbufMemoryManager memory(RdmaDevice device) {
        return new RegbufMemoryManager(device.regbufs(), config.get(Settings.LEND), config.get(Settings.LEND_REPLIES));
    }

    @Override
    public boolean sharesTcpPort() {
        return !service.client() && config.get(Settings.TRANSPORT) == Transport.TCP_AND_RDMA;
    }

    @Override
    public boolean begins(ByteBuffer head) {
        return Acceptor.begins(head);
    }

    @Override
    public boolean take(SocketChannel channel, ByteBuffer head) {
        return listeners.take(channel, head);
    }

    /** The peer is told nothing but that it is refused. */
    void refused(InetSocketAddress peer, XprtCounter cause) {
        refusalLog.warn("service {} refuses a connection of {}: {} ({})", service.name(), peer, cause == XprtCounter.REFUSED_NOT_ALLOWED
                ? "it is not in " + Settings.ALLOW.name() + "=" + config.text(Settings.ALLOW)
                : Settings.CONNECTIONS.name() + "=" + config.text(Settings.CONNECTIONS) + " are in use", cause.label());
    }

    /** On the loop. */
    void established(RdmaRpcTransport transport) {
        connections.add(transport);
        if (stopped) {
            // Its handshake was under way when the service stopped, which may have looked for connections before this one was there.
            transport.abort();
            return;
        }
        connectionLog.info("{} {}", service.client() ? "connected to" : "connection of", transport.report());
    }

    /** On the loop. */
    void disconnected(RdmaRpcTransport transport, IOException cause) {
        connectionLog.info("{} ended: {}", transport, cause.getMessage());
        connections.remove(transport);
        synchronized (connections) {
            connections.notifyAll();
        }
    }

    @Override
    public boolean diverts(InetSocketAddress address) {
        return ServicePorts.diverts(address, config);
    }

    @Override
    public RpcTransport connect(InetSocketAddress address, long timeout, TimeUnit unit) throws IOException {
        CallOnLoopException.check(() -> "a connection to " + address + " was asked for");
        InetSocketAddress target = ServicePorts.target(address, config);
        if (target.isUnresolved()) {
            throw (UnresolvedAddressException) new UnresolvedAddressException().initCause(new UnknownHostException(target.getHostString()));
        }
        try {
            return connectTo(target, timeout, unit);
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            if (config.get(Settings.TRANSPORT) != Transport.TCP_AND_RDMA || !config.get(Settings.FALLBACK) || !show()) {
                throw e;
            }
            counters.increment(RpcCounter.FELL_BACK_TO_TCP);
            fallbackLog.warn("no RDMA connection to {}, TCP to {} instead, as {} is tcp: {}", target, address, Settings.FALLBACK.name(),
                    e.getMessage());
            return null;
        }
    }

    private RpcTransport connectTo(InetSocketAddress target, long timeout, TimeUnit unit) throws IOException {
        RdmaDevice device = open().get(0).device();
        long handshake = config.get(Settings.HANDSHAKE_TIMEOUT);
        long millis = Math.max(1, Math.min(unit.toMillis(timeout), handshake));
        InetSocketAddress local = service.minPort() > 0 ? new InetSocketAddress(service.minPort()) : null;
        TransportOwner owner = new TransportOwner(this, memory(device), 0);
        Future<RdmaConnection> connecting = Connector.connect(device, target, local, millis, owner);
        try {
            connecting.get(millis + LINGER, TimeUnit.MILLISECONDS);
            if (stopped) {
                throw stopped();
            }
            return owner.transport();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause().toString(), e.getCause());
        } catch (TimeoutException e) {
            connecting.cancel(false);
            throw new IOException("no answer of " + target + " within " + millis + " ms", e);
        } catch (InterruptedException e) {
            connecting.cancel(false);
            throw (IOException) new InterruptedIOException("interrupted while connecting to " + target).initCause(e);
        }
    }

    @Override
    public InetSocketAddress localAddress() {
        return lastAddress;
    }

    @Override
    public void stop() {
        stop(0, TimeUnit.MILLISECONDS);
    }

    @Override
    public void stop(long gracePeriod, TimeUnit unit) {
        // Before the lock: a start or connect under way should not go on for long.
        stopped = true;
        if (SharedThreads.isLoop()) {
            // By a program of a same-thread service: the connections that are waited for may be this loop's.
            Thread due = SharedThreads.daemon("rpcrdma stop", () -> stop(gracePeriod, unit));
            stopper = due;
            due.start();
            return;
        }
        synchronized (lifecycle) {
            synchronized (this) {
                stopped = true;
                if (leases == null && !visible) {
                    return;
                }
                leases = null;
            }
            listeners.close();
            await(unit.toMillis(gracePeriod), () -> connections.stream().allMatch(t -> t.connection().isIdle()), true);
            connections.forEach(RdmaRpcTransport::close);
            await(LINGER, connections::isEmpty, true);
            connections.forEach(RdmaRpcTransport::abort);
            await(LINGER, connections::isEmpty, false);
            giveBack();
        }
    }

    /** Waits so long for this to be so. An interrupt is kept for the caller to see. @param heeding whether it also ends the wait */
    private void await(long millis, BooleanSupplier condition, boolean heeding) {
        long begin = System.nanoTime();
        long nanos = TimeUnit.MILLISECONDS.toNanos(millis);
        boolean interrupted = false;
        while (!condition.getAsBoolean() && System.nanoTime() - begin < nanos && !(heeding && interrupted)) {
            synchronized (connections) {
                try {
                    connections.wait(LOOK_AGAIN);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
