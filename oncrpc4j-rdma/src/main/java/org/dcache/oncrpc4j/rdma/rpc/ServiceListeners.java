// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.dcache.oncrpc4j.rdma.config.Cidr;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.rpc.ports.PortsTaken;
import org.dcache.oncrpc4j.rdma.rpc.ports.ServicePorts;
import org.dcache.oncrpc4j.rdma.rpc.ports.SharedTcpPort;
import org.dcache.oncrpc4j.rdma.rpc.xdr.RegbufMemoryManager;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.dcache.oncrpc4j.rdma.xprt.Acceptor;
import org.dcache.oncrpc4j.rdma.xprt.ConnectionOwner;
import org.dcache.oncrpc4j.rdma.xprt.link.DevicePool;
import org.dcache.oncrpc4j.rdma.xprt.link.RdmaDevice;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where one service listens: on each address and port that its settings name, with each device that can serve the address, and on its TCP
 * port where the device shares that.
 *
 * <p>The endpoint binds and closes, one after the other; a bind that fails says which port, whose and by which setting, and leaves what was
 * bound before it to {@link #close}. Any thread looks at what is bound, TCP's threads give connections of the shared port, and loops ask
 * whether a peer is allowed.
 */
final class ServiceListeners {

    private static final Logger LOG = LoggerFactory.getLogger(ServiceListeners.class);

    private final RdmaEndpoint endpoint;
    private final ServiceContext service;
    private final Configuration config;
    private final List<Acceptor> acceptors = new CopyOnWriteArrayList<>();
    private volatile SharedTcpPort shared;

    ServiceListeners(RdmaEndpoint endpoint, ServiceContext service, Configuration config) {
        this.endpoint = endpoint;
        this.service = service;
        this.config = config;
    }

    /** @param tcp where the service has its TCP port; null if it has none */
    void bind(List<DevicePool.Lease> all, InetSocketAddress tcp) throws IOException {
        List<InetAddress> addresses = ServicePorts.addresses(service, config);
        for (InetAddress address : addresses) {
            List<DevicePool.Lease> able = all.stream().filter(lease -> lease.device().serves(address)).toList();
            if (able.isEmpty()) {
                throw new BindException("none of the RDMA providers in use can serve IPv6, so not " + address.getHostAddress()
                        + "; name an IPv4 address (oncrpc.rdma.bind) or another provider (oncrpc.rdma.provider)");
            }
            for (DevicePool.Lease lease : able) {
                if (isCovered(lease.device(), address)) {
                    continue;
                }
                bind(lease.device(), address, tcp, addresses);
            }
        }
    }

    /** Of wildcard addresses one may come with the other. */
    private boolean isCovered(RdmaDevice device, InetAddress address) {
        return address.isAnyLocalAddress() && acceptors.stream().anyMatch(acceptor -> acceptor.covers(device, address));
    }

    private Supplier<ConnectionOwner> owners(RdmaDevice device, InetSocketAddress tcp) {
        RegbufMemoryManager memory = endpoint.memory(device);
        return () -> new TransportOwner(endpoint, memory, tcp == null ? 0 : tcp.getPort());
    }

    private void bind(RdmaDevice device, InetAddress address, InetSocketAddress tcp, List<InetAddress> addresses) throws IOException {
        boolean sharing = tcp != null && device.sharesTcpPorts()
                && (tcp.getAddress().isAnyLocalAddress() || tcp.getAddress().equals(address));
        ServicePorts.Ports ports = ServicePorts.ports(service, config, tcp == null ? service.minPort() : tcp.getPort(), sharing);
        BindException last = null;
        for (int port : ports.ports()) {
            try {
                if (sharing && port == tcp.getPort()) {
                    share(device, tcp, addresses);
                } else {
                    Acceptor acceptor = listen(device, new InetSocketAddress(address, port), tcp);
                    PortsTaken.add(acceptor.localAddress().getPort(), this, described(tcp));
                    listenForOtherFamily(device, acceptor, tcp);
                }
                if (ports.first()) {
                    return;
                }
            } catch (BindException e) {
                last = PortsTaken.refused(port, described(tcp), config.portSettingOf(service.name()),
                        tcp != null && port == tcp.getPort(), e);
                if (!ports.first()) {
                    throw last;
                }
            }
        }
        if (last != null) {
            throw last;
        }
    }

    private Acceptor listen(RdmaDevice device, InetSocketAddress address, InetSocketAddress tcp) throws IOException {
        Acceptor acceptor = new Acceptor(device, address, Math.max(1, service.backlog()), this::allowed, config.get(Settings.CONNECTIONS),
                endpoint.connections()::size, endpoint.counters(), endpoint::refused, owners(device, tcp));
        acceptors.add(acceptor);
        return acceptor;
    }

    /** A service at all addresses is there for IPv4 and IPv6, as over TCP, or for the one that the machine has. */
    private void listenForOtherFamily(RdmaDevice device, Acceptor acceptor, InetSocketAddress tcp) {
        InetSocketAddress other = acceptor.wildcardLeftOut();
        if (other == null || !device.servesIpv6() || isCovered(device, other.getAddress())) {
            return;
        }
        try {
            listen(device, other, tcp);
        } catch (IOException e) {
            LOG.warn("service {} accepts RDMA connections on {} and not on {}: {}", service.name(), acceptor.localAddress(), other,
                    e.getMessage());
        }
    }

    /** Its connections come on the TCP port, which is one for all addresses that it covers. */
    private void share(RdmaDevice device, InetSocketAddress tcp, List<InetAddress> addresses) throws IOException {
        if (shared == null) {
            Acceptor acceptor = Acceptor.shared(device, tcp, this::allowed, config.get(Settings.CONNECTIONS), endpoint.connections()::size,
                    endpoint.counters(), endpoint::refused, owners(device, tcp));
            acceptors.add(acceptor);
            shared = new SharedTcpPort(acceptor, addresses);
        }
    }

    /** For messages about ports: services of one JVM may have one name. */
    private String described(InetSocketAddress tcp) {
        return "service " + service.name() + (tcp == null ? "" : " (TCP port " + tcp.getPort() + ")");
    }

    private boolean allowed(InetAddress peer) {
        List<Cidr> allow = config.get(Settings.ALLOW);
        return allow.isEmpty() || allow.stream().anyMatch(block -> block.contains(peer));
    }

    boolean isEmpty() {
        return acceptors.isEmpty();
    }

    List<Acceptor> acceptors() {
        return acceptors;
    }

    List<InetSocketAddress> addresses() {
        return acceptors.stream().map(Acceptor::localAddress).toList();
    }

    /** As {@link #addresses}, but what one socket serves for both families is there for each. */
    List<InetSocketAddress> addressesByFamily() {
        return acceptors.stream().flatMap(acceptor -> acceptor.addressesByFamily().stream()).toList();
    }

    boolean isOnTcpPort(Acceptor acceptor) {
        SharedTcpPort port = shared;
        return port != null && acceptor == port.acceptor();
    }

    /** See {@link RdmaEndpoint#take}. */
    boolean take(SocketChannel channel, ByteBuffer head) {
        SharedTcpPort port = shared;
        return port != null && port.take(channel, head);
    }

    void close() {
        shared = null;
        acceptors.forEach(Acceptor::close);
        acceptors.clear();
        PortsTaken.remove(this);
    }
}
