// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import com.ibm.disni.verbs.RdmaCmEvent;
import com.ibm.disni.verbs.RdmaCmId;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequestHandler;
import org.dcache.oncrpc4j.rdma.verbs.Listener;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A listening identifier. Its requests come on the connection manager's thread. Closing it destroys the identifier at once, by whoever closes it, so that the port is free. */
final class DisniListener implements Listener, ConnectionManager.Target, Members.Member {

    private static final Logger LOG = LoggerFactory.getLogger(DisniListener.class);

    private final DisniAdapter adapter;
    private final ConnectionRequestHandler handler;
    private final RdmaCmId id;
    private final InetSocketAddress local;
    private boolean closed;

    /** @throws BindException when the address cannot be had */
    DisniListener(DisniAdapter adapter, InetSocketAddress address, int backlog, ConnectionRequestHandler handler) throws IOException {
        this.adapter = adapter;
        this.handler = handler;
        this.id = adapter.manager().newId();
        try {
            id.bindAddr(ipv4(address));
            id.listen(backlog);
            this.local = (InetSocketAddress) id.getSource();
        } catch (IOException e) {
            Resources.quietly("destroy the identifier", id::destroyId);
            BindException bind = new BindException("cannot listen on " + address + " for RDMA: " + e.getMessage().strip());
            bind.initCause(e);
            throw bind;
        }
        adapter.manager().register(id, this);
    }

    /** The wildcard address of either family is that of IPv4. */
    private static InetSocketAddress ipv4(InetSocketAddress address) throws IOException {
        if (address.getAddress().isAnyLocalAddress()) {
            return new InetSocketAddress(InetAddress.getByAddress(new byte[4]), address.getPort());
        }
        if (!(address.getAddress() instanceof Inet4Address)) {
            throw new BindException("DiSNI knows IPv4 only");
        }
        return address;
    }

    @Override
    public InetSocketAddress localAddress() {
        return local;
    }

    @Override
    public void event(RdmaCmEvent.EventType type, RdmaCmId connection) {
        if (type != RdmaCmEvent.EventType.RDMA_CM_EVENT_CONNECT_REQUEST) {
            LOG.debug("{} on {}", type, local);
            return;
        }
        if (!adapter.handshakeBegins()) {
            adapter.counters().increment(DisniCounter.REFUSED_HALF_OPEN);
            adapter.job(() -> Resources.quietly("destroy the identifier", connection::destroyId));
            return;
        }
        DisniRequest request;
        try {
            request = new DisniRequest(adapter, connection);
        } catch (IOException e) {
            adapter.handshakeOver();
            adapter.counters().increment(DisniCounter.HANDSHAKE_FAILED);
            adapter.job(() -> Resources.quietly("destroy the identifier", connection::destroyId));
            return;
        }
        try {
            if (adapter.members().add(request)) {
                handler.onConnectionRequest(request);
            } else {
                request.reject(new byte[0]);
            }
        } catch (RuntimeException e) {
            adapter.counters().increment(DisniCounter.HANDLER_FAILED);
            LOG.error("a connection request on {} was lost", local, e);
            request.reject(new byte[0]);
        }
    }

    @Override
    public void look(long now) {
        // Listening has no time-out.
    }

    @Override
    public void adapterClosed() {
        close();
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            adapter.manager().unregister(id);
            Resources.quietly("destroy the identifier", id::destroyId);
        }
        adapter.members().remove(this);
    }
}
