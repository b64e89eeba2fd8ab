// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import org.dcache.oncrpc4j.rdma.rdmacore.cm.CmEvent;
import org.dcache.oncrpc4j.rdma.rdmacore.cm.CmId;
import org.dcache.oncrpc4j.rdma.rdmacore.cm.ConnParams;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Device;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Errno;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.NativeFunction;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.Loop;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequestHandler;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeException;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeTimeoutException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.verbs.parts.IncomingRequest;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.dcache.oncrpc4j.rdma.verbs.parts.UnestablishedQueuePair;

/**
 * A connection request from its event to the connection, or to its end: waits for our upper layer's answer, and after an acceptance for the
 * peer's last word. Both waits are bounded by {@code oncrpc.rdma.handshake-timeout}. The state lives on the loop. When it fails while its
 * queue pair is being made, that one ends it; nobody else destroys the id.
 */
final class InboundRequest extends IncomingRequest implements CmId.Holder {

    private final RdmaCoreAdapter adapter;
    private final ConnectionRequestHandler handler;
    private final CmId id;
    private final Loop loop;
    private final CmEvent asked;

    // of the loop
    private boolean accepting;
    private RdmaCoreQueuePair queuePair;

    /** On the thread of the channel: from here on its events are ours. */
    static InboundRequest of(RdmaCoreAdapter adapter, Members ofListener, ConnectionRequestHandler handler, CmEvent asked) {
        CmId id = new CmId(adapter.cmChannel(), adapter.nextLoop(), adapter.control(), null);
        id.adopt(asked.id());
        InboundRequest request = new InboundRequest(adapter, ofListener, handler, id, asked);
        id.holder(request);
        return request;
    }

    private InboundRequest(RdmaCoreAdapter adapter, Members ofListener, ConnectionRequestHandler handler, CmId id, CmEvent asked) {
        super(id.loop(), adapter.members(), ofListener, adapter.counters(), RdmaCoreCounter.HANDLER_FAILED, id.local(), id.remote());
        this.adapter = adapter;
        this.handler = handler;
        this.id = id;
        this.loop = id.loop();
        this.asked = asked;
    }

    /** On the thread of the channel: asks the upper layer. */
    void start() {
        loop.execute(() -> {
            if (!isOver()) {
                limit(adapter.settings().handshakeTimeoutMillis(), () -> {
                    adapter.counters().increment(RdmaCoreCounter.HANDSHAKE_TIMEOUT);
                    fail(new HandshakeTimeoutException("the connection with " + remoteAddress() + " did not come up in time"));
                });
                ask(handler);
            }
        });
    }

    /** Ends it without a word; for one that must not be looked at. */
    void refuse() {
        claim();
        loop.execute(() -> fail(new HandshakeException("refused")));
    }

    @Override
    public byte[] privateData() {
        return asked.privateData().clone();
    }

    @Override
    protected void accepted(ConnectOptions options, QueuePairHandler connection) {
        if (isOver()) {
            tellGone(connection, gaveUp());
            return;
        }
        // Where it cannot be made the request ends with its time, which it would not while it is being accepted.
        RdmaCoreQueuePair made = new RdmaCoreQueuePair(adapter, id, connection);
        accepting = true;
        id.control(() -> acceptNow(made, options, connection));
    }

    private void tellGone(QueuePairHandler connection, VerbsException cause) {
        UnestablishedQueuePair.tell(loop, connection, adapter.counters(), RdmaCoreCounter.HANDLER_FAILED, info(0, 0, ""), cause);
    }

    private HandshakeException gaveUp() {
        return new HandshakeException("the handshake with " + remoteAddress() + " was given up");
    }

    private ConnectionInfo info(int inboundReads, int outboundReads, String detail) {
        return new ConnectionInfo(RdmaCoreProvider.NAME, localAddress(), remoteAddress(), asked.privateData(), inboundReads, outboundReads,
                false, detail);
    }

    /** Control. */
    private void acceptNow(RdmaCoreQueuePair made, ConnectOptions options, QueuePairHandler connection) {
        VerbsException problem;
        try {
            problem = makeAndAccept(made, options);
        } catch (VerbsException e) {
            problem = e;
        } catch (RuntimeException | Error e) {
            problem = new HandshakeException("cannot accept " + remoteAddress() + ": " + e, e);
        }
        if (problem != null) {
            VerbsException cause = problem;
            loop.execute(() -> {
                opened(made);
                if (!made.isMade()) {
                    tellGone(connection, cause);
                    if (isOver()) {
                        destroy();
                    }
                }
                failCounted(cause);
            });
        }
    }

    /** @return what went wrong when the queue pair was there */
    private VerbsException makeAndAccept(RdmaCoreQueuePair made, ConnectOptions options) throws VerbsException {
        Device device = adapter.device(id.context());
        if (device == null) {
            throw new HandshakeException(remoteAddress() + " connects through an RDMA device that is not used: see oncrpc.rdma.device");
        }
        int inboundReads = Math.min(Math.min(options.inboundReads(), device.inboundReads()), asked.inboundReads());
        int outboundReads = Math.min(Math.min(options.outboundReads(), device.outboundReads()), asked.outboundReads());
        NativeQueuePair pair = NativeQueuePair.open(adapter, device, id, made, options, true);
        made.open(pair);
        made.info(info(inboundReads, outboundReads, adapter.detail(device, pair)));
        loop.execute(() -> opened(made));
        try (ConnParams params = new ConnParams(options, inboundReads, outboundReads, pair.receives().shared() != 0)) {
            if (adapter.libraries().cm().accept(id.address(), params.address()) != 0) {
                return new HandshakeException("cannot accept " + remoteAddress() + ": " + Errno.text(NativeFunction.errno()));
            }
        }
        pair.accepted();
        return null;
    }

    /** Loop, once or twice. */
    private void opened(RdmaCoreQueuePair made) {
        boolean first = accepting;
        accepting = false;
        if (!first || !made.isMade()) {
            return;
        }
        if (isOver()) {
            // It failed while its queue pair was being made.
            adapter.members().replace(this, made);
            made.endUnestablished(gaveUp());
        } else {
            queuePair = made;
            made.accepted();
        }
    }

    @Override
    protected void rejected(byte[] privateData) {
        adapter.counters().increment(RdmaCoreCounter.REJECTED);
        id.control(() -> {
            try (Memory.Block block = new Memory.Block(privateData.length)) {
                Memory.copyIn(privateData, block.address());
                adapter.libraries().cm().reject(id.address(), privateData.length == 0 ? 0 : block.address(), privateData.length);
            }
        });
        fail(new HandshakeException("rejected"));
    }

    @Override
    public void onCmEvent(CmEvent event) {
        if (isOver()) {
            return;
        }
        switch (event.type()) {
            case ESTABLISHED -> {
                if (queuePair != null) {
                    adapter.members().replace(this, queuePair);
                    comesUp(queuePair::established);
                }
            }
            case DEVICE_REMOVAL -> failCounted(adapter.deviceRemoved(id.context()));
            case CONNECT_ERROR, UNREACHABLE, REJECTED, DISCONNECTED, ADDR_CHANGE -> failCounted(
                    new HandshakeException("the handshake with " + remoteAddress() + " failed: " + event.type()));
            default -> {
                // Nothing that concerns a handshake.
            }
        }
    }

    private void failCounted(VerbsException cause) {
        if (!isOver()) {
            adapter.counters().increment(RdmaCoreCounter.HANDSHAKE_FAILED);
            fail(cause);
        }
    }

    @Override
    protected void fail(VerbsException cause) {
        if (finish()) {
            if (queuePair != null) {
                adapter.members().replace(this, queuePair);
                queuePair.endUnestablished(cause);
            } else if (!accepting) {
                destroy();
            }
        }
    }

    private void destroy() {
        id.destroy(() -> adapter.members().remove(this));
    }
}
