// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.bridge;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.portmap.OncRpcPortmap;
import org.dcache.oncrpc4j.rdma.agent.hook.ServiceFields;
import org.dcache.oncrpc4j.rdma.agent.hook.ServiceHook;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.glassfish.grizzly.nio.NIOTransport;
import org.glassfish.grizzly.nio.transport.TCPNIOTransport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One service and its endpoint.
 *
 * <p>Where the endpoint replaces TCP, the service's TCP transport is taken out of its list and put aside. It is put back in two cases: a
 * client connects to an address that is never diverted (a portmapper), or the service turns out at its start to be a portmapper itself.
 *
 * <p>Order at start: the service first (it clears the portmapper's entries and binds UDP), then the endpoint. When the endpoint fails, what
 * the service bound is closed again, so that start() can be tried again later; executor and reply queue stay usable, as after a failed bind
 * without us. Order at stop: the endpoint first, as the service then shuts down the executor that calls run on. Any thread; the monitor
 * guards the list of transports only and is never held while the endpoint works, which may wait for callbacks that come back here.
 */
final class WovenService implements ServiceHook {

    private static final Logger LOG = LoggerFactory.getLogger(WovenService.class);

    private final OncRpcSvc service;
    private final Consumer<RpcCall> interceptor;
    private final RpcEndpoint endpoint;
    private final Map<?, ?> programs;
    private final boolean client;
    private final List<NIOTransport> transports;
    private final Set<?> bound;

    /** Null where RDMA cannot come on the TCP port. */
    private final AcceptProbe probe;

    private NIOTransport tcpAside;
    private volatile boolean started;
    private volatile boolean withdrawn;

    WovenService(OncRpcSvc service, ServiceFields fields, Consumer<RpcCall> interceptor, RpcEndpoint endpoint) {
        this.service = service;
        this.interceptor = interceptor;
        this.endpoint = endpoint;
        this.programs = fields.programs();
        this.client = fields.client();
        this.transports = ServiceBridge.cast(fields.transports());
        this.bound = fields.bound();
        this.probe = !client && endpoint.sharesTcpPort() ? new AcceptProbe(endpoint) : null;
        if (endpoint.replacesTcp()) {
            putTcpAside();
        }
    }

    @Override
    public void accept(Object call) {
        interceptor.accept((RpcCall) call);
    }

    @Override
    public void starting() {
        if (!client && ServiceBridge.hasPortmapProgram(programs)) {
            withdrawn = true;
            putTcpBack();
        } else if (probe != null) {
            tcp().ifPresent(probe::install);
        }
    }

    private Optional<NIOTransport> tcp() {
        return transports.stream().filter(TCPNIOTransport.class::isInstance).findFirst();
    }

    @Override
    public void started() throws IOException {
        if (withdrawn) {
            Portmappers.started(service);
            return;
        }
        try {
            // Without TCP oncrpc4j knows no address, and would ask us for the one of the last start.
            endpoint.start(client || endpoint.replacesTcp() ? null : service.getInetSocketAddress(IpProtocolType.TCP));
            started = true;
        } catch (IOException | RuntimeException | Error e) {
            unbind();
            throw e;
        }
    }

    private void leaving() {
        started = false;
        Portmappers.stopping(service);
        if (probe != null) {
            tcp().ifPresent(probe::remove);
        }
    }

    @Override
    public void stopping() {
        leaving();
        try {
            endpoint.stop();
        } catch (RuntimeException e) {
            LOG.warn("{}: stopping RDMA failed", service.getName(), e);
        }
    }

    @Override
    public void stopping(long gracePeriod, TimeUnit unit) {
        leaving();
        try {
            endpoint.stop(gracePeriod, unit);
        } catch (RuntimeException e) {
            LOG.warn("{}: stopping RDMA failed", service.getName(), e);
        }
    }

    @Override
    public Object connect(InetSocketAddress address, long timeout, TimeUnit unit) throws IOException {
        if (withdrawn) {
            return null;
        }
        if (address.getPort() != OncRpcPortmap.PORTMAP_PORT && !Portmappers.listenOn(address) && endpoint.diverts(address)) {
            Object transport = endpoint.connect(address, timeout, unit);
            if (transport != null) {
                return transport;
            }
        }
        startTcpOfClient();
        return null;
    }

    @Override
    public InetSocketAddress localAddress(int protocol, InetSocketAddress own) {
        return own != null || withdrawn || protocol != IpProtocolType.TCP ? own : endpoint.localAddress();
    }

    @Override
    public String describe(String own) {
        InetSocketAddress address = withdrawn ? null : endpoint.localAddress();
        if (address == null || !own.endsWith("]")) {
            return own;
        }
        String before = own.substring(0, own.length() - 1);
        return before + (before.endsWith("[") ? "" : ",") + "rdma:" + address + "]";
    }

    private void putTcpAside() {
        for (NIOTransport transport : transports) {
            if (transport instanceof TCPNIOTransport) {
                tcpAside = transport;
            }
        }
        transports.remove(tcpAside);
    }

    private synchronized void putTcpBack() {
        if (tcpAside != null) {
            transports.add(0, tcpAside);
            tcpAside = null;
        }
    }

    /** Brings TCP back into a client; when that one runs already, its start() is called once more and starts TCP alone. */
    private synchronized void startTcpOfClient() throws IOException {
        if (client && tcpAside != null) {
            putTcpBack();
            if (started) {
                service.start();
            }
        }
    }

    private void unbind() {
        for (NIOTransport transport : transports) {
            try {
                transport.shutdownNow();
            } catch (IOException e) {
                LOG.warn("{}: closing {} failed", service.getName(), transport.getName(), e);
            }
        }
        bound.clear();
    }
}
