// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import com.ibm.disni.verbs.RdmaCmId;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequestHandler;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeException;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeTimeoutException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.verbs.parts.IncomingRequest;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.dcache.oncrpc4j.rdma.verbs.parts.UnestablishedQueuePair;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A peer that wants a connection, until that is up or over. Its loop is the adapter's job thread; when it is accepted, its queue pair has
 * one of its own. DiSNI has no call to refuse a request: the identifier is destroyed, which makes the kernel refuse.
 */
final class DisniRequest extends IncomingRequest implements Opening {

    private static final Logger LOG = LoggerFactory.getLogger(DisniRequest.class);
    private static final byte[] UNREADABLE = new byte[0];

    private final DisniAdapter adapter;
    private final RdmaCmId id;
    private final ConnectionRequestHandler handler;
    /** On the job thread. */
    private DisniQueuePair queuePair;

    DisniRequest(DisniAdapter adapter, Members ofListener, ConnectionRequestHandler handler, RdmaCmId id) throws IOException {
        super(adapter.jobs(), adapter.members(), ofListener, adapter.counters(), DisniCounter.HANDLER_FAILED,
                (InetSocketAddress) id.getSource(), (InetSocketAddress) id.getDestination());
        this.adapter = adapter;
        this.handler = handler;
        this.id = id;
    }

    /** Asks the upper layer. */
    void start() {
        adapter.job(() -> {
            limit(adapter.handshakeTimeoutMillis(), () -> fail(DisniCounter.HANDSHAKE_TIMEOUT,
                    new HandshakeTimeoutException("the connection with " + remoteAddress() + " did not come up in time")));
            ask(handler);
        });
    }

    @Override
    public byte[] privateData() {
        return UNREADABLE;
    }

    @Override
    protected void accepted(ConnectOptions options, QueuePairHandler connection) {
        if (isOver()) {
            tellGone(options, connection, new HandshakeException("the handshake with " + remoteAddress() + " was given up"));
            return;
        }
        Resources resources;
        try {
            resources = Resources.make(adapter, id, false, options);
        } catch (IOException | RuntimeException | Error e) {
            LOG.warn("a connection of {} is refused: {}", remoteAddress(), e.getMessage());
            HandshakeException cause = new HandshakeException("cannot accept " + remoteAddress() + ": " + e.getMessage(), e);
            fail(DisniCounter.HANDSHAKE_FAILED, cause);
            tellGone(options, connection, cause);
            return;
        }
        queuePair = new DisniQueuePair(adapter, id, resources, connection, this, adapter.info(localAddress(), remoteAddress(), options));
        queuePair.start(this);
        try {
            id.accept(Dialling.parameters());
        } catch (IOException | RuntimeException e) {
            queuePair.refuse(DisniCounter.HANDSHAKE_FAILED,
                    new HandshakeException("cannot accept " + remoteAddress() + ": " + e.getMessage(), e));
        }
    }

    private void tellGone(ConnectOptions options, QueuePairHandler connection, VerbsException cause) {
        UnestablishedQueuePair.tell(adapter.jobs(), connection, adapter.counters(), DisniCounter.HANDLER_FAILED,
                adapter.info(localAddress(), remoteAddress(), options), cause);
    }

    @Override
    protected void rejected(byte[] privateData) {
        fail(DisniCounter.REJECTED, new HandshakeException("rejected"));
    }

    @Override
    protected void fail(VerbsException cause) {
        fail(null, cause);
    }

    /** On the job thread. @param why counted, null for none */
    private void fail(DisniCounter why, VerbsException cause) {
        if (queuePair != null) {
            queuePair.refuse(why, cause);
        } else if (finish()) {
            if (why != null) {
                adapter.counters().increment(why);
            }
            Resources.quietly("destroy the identifier", id::destroyId);
            adapter.members().remove(this);
        }
    }

    @Override
    public void up(DisniQueuePair connection) {
        leave();
        adapter.job(this::finish);
    }

    @Override
    public boolean notUp(IOException cause) {
        leave();
        adapter.job(this::finish);
        return true;
    }
}
