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
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.Listener;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeException;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A listening identifier. Its events come on the connection manager's thread, which makes a {@link DisniRequest} of each request. At most
 * {@code oncrpc.rdma.handshakes} of them may be half open; more are dropped at once. Closing it destroys the identifier at once, by whoever
 * closes it, so that the port is free, and ends the handshakes.
 */
final class DisniListener implements Listener, ConnectionManager.Target, Members.Member {

    private static final Logger LOG = LoggerFactory.getLogger(DisniListener.class);

    private final DisniAdapter adapter;
    private final ConnectionRequestHandler handler;
    private final RdmaCmId id;
    private final InetSocketAddress local;
    private final Members handshakes = new Members();
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
        try {
            DisniRequest request = new DisniRequest(adapter, handshakes, handler, connection);
            if (handshakes.count() >= adapter.handshakes()) {
                adapter.counters().increment(DisniCounter.REFUSED_HALF_OPEN);
                adapter.job(() -> request.fail(new HandshakeException("refused")));
            } else if (request.join()) {
                request.start();
            } else {
                adapter.job(() -> request.fail(new HandshakeException("nobody listens any more")));
            }
        } catch (IOException e) {
            adapter.counters().increment(DisniCounter.HANDSHAKE_FAILED);
            adapter.job(() -> Resources.quietly("destroy the identifier", connection::destroyId));
        }
    }

    @Override
    public void adapterClosed() {
        stop();
    }

    @Override
    public void close() {
        stop();
        if (!HelperThread.isLoop()) {
            handshakes.close(() -> {});
        }
    }

    private void stop() {
        synchronized (this) {
            if (!closed) {
                closed = true;
                adapter.manager().unregister(id);
                Resources.quietly("destroy the identifier", id::destroyId);
            }
        }
        handshakes.end();
        adapter.members().remove(this);
    }
}
