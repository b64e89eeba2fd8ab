// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.verbs.Capabilities;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequest;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequestHandler;
import org.dcache.oncrpc4j.rdma.verbs.Listener;
import org.dcache.oncrpc4j.rdma.verbs.SharedPort;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.RdmaDevice;

/**
 * Accepts (kernel: {@code svc_rdma_accept}). Owns one listener. A request is refused, and counted by cause, before anything is made for it;
 * receives are posted before the peer hears of us. Requests come on loops.
 */
public final class Acceptor implements AutoCloseable {

    private static final byte[] NOTHING = new byte[0];

    private final RdmaDevice device;
    private final Predicate<InetAddress> allowed;
    private final Counters counters;
    private final BiConsumer<InetSocketAddress, XprtCounter> refused;
    private final Supplier<ConnectionOwner> owners;
    private final int maxConnections;
    private final IntSupplier connections;
    private final Listener listener;

    /** Makes the listener that asks this handler. */
    private interface Opening {
        Listener open(ConnectionRequestHandler handler) throws IOException;
    }

    /**
     * @param allowed who may connect
     * @param maxConnections bound on the service's connections
     * @param connections how many the service has
     * @param counters where refusals count
     * @param refused told of each refusal that its limits are the cause of, on a loop
     * @param owners gives each accepted connection its owner
     */
    public Acceptor(RdmaDevice device, InetSocketAddress address, int backlog, Predicate<InetAddress> allowed, int maxConnections,
            IntSupplier connections, Counters counters, BiConsumer<InetSocketAddress, XprtCounter> refused,
            Supplier<ConnectionOwner> owners) throws IOException {
        this(device, handler -> device.adapter().listen(address, backlog, handler), allowed, maxConnections, connections, counters, refused,
                owners);
    }

    /**
     * As the constructor, on a TCP port where somebody else listens: connections come by {@link #take}. Only where the device {@linkplain
     * RdmaDevice#sharesTcpPorts() shares} ports.
     */
    public static Acceptor shared(RdmaDevice device, InetSocketAddress tcp, Predicate<InetAddress> allowed, int maxConnections,
            IntSupplier connections, Counters counters, BiConsumer<InetSocketAddress, XprtCounter> refused,
            Supplier<ConnectionOwner> owners) throws IOException {
        return new Acceptor(device, handler -> device.adapter().share(tcp, handler), allowed, maxConnections, connections, counters,
                refused, owners);
    }

    private Acceptor(RdmaDevice device, Opening opening, Predicate<InetAddress> allowed, int maxConnections, IntSupplier connections,
            Counters counters, BiConsumer<InetSocketAddress, XprtCounter> refused, Supplier<ConnectionOwner> owners) throws IOException {
        this.device = device;
        this.allowed = allowed;
        this.maxConnections = maxConnections;
        this.connections = connections;
        this.counters = counters;
        this.refused = refused;
        this.owners = owners;
        this.listener = opening.open(this::requested);
    }

    /** Whether a TCP connection that begins with these bytes is for an acceptor on a shared port. Any thread. */
    public static boolean begins(ByteBuffer head) {
        return SharedPort.begins(head);
    }

    /** On a shared port: takes a connection. Any thread. @return false when it was not taken: the caller closes it */
    public boolean take(SocketChannel channel, ByteBuffer head) {
        return listener instanceof SharedPort port && port.take(channel, head);
    }

    public InetSocketAddress localAddress() {
        return listener.localAddress();
    }

    /**
     * The address at which the listener does not serve, of one that is bound to all addresses, but of one family only; else null. The JDK's
     * sockets, TCP's too, serve both.
     */
    public InetSocketAddress wildcardLeftOut() {
        InetSocketAddress local = listener.localAddress();
        return listener.isDualStack() || !local.getAddress().isAnyLocalAddress() ? null : otherWildcard(local);
    }

    /** Whether it is bound to all addresses of this device, those of the family of an address among them, if the device has that at all. */
    public boolean covers(RdmaDevice other, InetAddress address) {
        InetAddress local = listener.localAddress().getAddress();
        boolean six = local instanceof Inet6Address;
        return device == other && local.isAnyLocalAddress()
                && (listener.isDualStack() && six || !device.servesIpv6() || six == address instanceof Inet6Address);
    }

    /** Where it is reached, with an address for each family. */
    public List<InetSocketAddress> addressesByFamily() {
        InetSocketAddress local = listener.localAddress();
        boolean both = listener.isDualStack() && local.getAddress() instanceof Inet6Address && local.getAddress().isAnyLocalAddress();
        return both ? List.of(local, otherWildcard(local)) : List.of(local);
    }

    private static InetSocketAddress otherWildcard(InetSocketAddress wildcard) {
        return new InetSocketAddress(wildcard.getAddress() instanceof Inet6Address ? "0.0.0.0" : "::", wildcard.getPort());
    }

    private void requested(ConnectionRequest request) {
        if (!allowed.test(request.remoteAddress().getAddress())) {
            refuse(request, XprtCounter.REFUSED_NOT_ALLOWED);
            return;
        }
        if (connections.getAsInt() >= maxConnections) {
            refuse(request, XprtCounter.REFUSED_TOO_MANY);
            return;
        }
        Capabilities can = device.adapter().capabilities();
        int size = device.limits().inline();
        PrivateData own = can.privateDataOnAccept() && can.privateDataReadable()
                ? new PrivateData(false, Math.min(size, can.maxSend()), size) : PrivateData.NONE;
        byte[] privateData = can.privateDataOnAccept() ? own.encode() : NOTHING;
        RdmaConnection connection = new RdmaConnection(device, owners.get(), false, own);
        request.accept(device.options(null, device.limits().handshakeTimeout(), privateData), connection);
    }

    private void refuse(ConnectionRequest request, XprtCounter cause) {
        counters.increment(cause, request.remoteAddress(), null);
        request.reject(NOTHING);
        refused.accept(request.remoteAddress(), cause);
    }

    /** Stops listening; connections stay, and handshakes under way end. */
    @Override
    public void close() {
        listener.close();
    }
}
