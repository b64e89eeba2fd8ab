// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dcache.oncrpc4j.rdma.verbs.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequest;
import org.dcache.oncrpc4j.rdma.verbs.HandshakeException;
import org.dcache.oncrpc4j.rdma.verbs.HandshakeTimeoutException;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.VerbsException;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.dcache.oncrpc4j.rdma.verbs.parts.Timer;

/**
 * A connection request from its event to the connection, or to its end: waits for our upper layer's answer, and after an acceptance for the peer's last word. Both waits are bounded by
 * {@code oncrpc.rdma.handshake-timeout}. Answers come on any thread, once; the state lives on the loop.
 */
final class InboundRequest implements ConnectionRequest, CmId.Holder, Members.Member {

    private final RdmaCoreAdapter adapter;
    private final RdmaCoreListener listener;
    private final CmId id;
    private final Loop loop;
    private final CmEvent asked;
    private final InetSocketAddress local;
    private final InetSocketAddress remote;
    private final AtomicBoolean answered = new AtomicBoolean();

    // of the loop
    private boolean over;
    private boolean accepting;
    private RdmaCoreQueuePair queuePair;
    private Timer timer;

    /** On the thread of the channel: from here on its events are ours. */
    InboundRequest(RdmaCoreAdapter adapter, RdmaCoreListener listener, CmEvent asked) {
        this.adapter = adapter;
        this.listener = listener;
        this.asked = asked;
        this.loop = adapter.nextLoop();
        this.id = new CmId(adapter.cmChannel(), loop, adapter.control(), this);
        id.adopt(asked.id());
        local = id.local();
        remote = id.remote();
    }

    /** Loop: asks the upper layer. */
    void start() {
        if (over) {
            return;
        }
        timer = loop.schedule(adapter.settings().handshakeTimeoutMillis(), () -> {
            adapter.counters().increment(RdmaCoreCounter.HANDSHAKE_TIMEOUT);
            fail(new HandshakeTimeoutException("the connection with " + remote + " did not come up in time"));
        });
        listener.ask(this);
    }

    Loop loop() {
        return loop;
    }

    /** Ends it without a word; for one that must not be looked at. */
    void refuse() {
        answered.set(true);
        loop.execute(() -> fail(new HandshakeException("refused")));
    }

    @Override
    public InetSocketAddress localAddress() {
        return local;
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return remote;
    }

    @Override
    public byte[] privateData() {
        return asked.privateData().clone();
    }

    private void answer() {
        if (!answered.compareAndSet(false, true)) {
            throw new IllegalStateException("the connection request was answered already");
        }
    }

    @Override
    public void accept(ConnectOptions options, QueuePairHandler handler) {
        answer();
        loop.execute(() -> {
            RdmaCoreQueuePair made = new RdmaCoreQueuePair(adapter, id, handler);
            if (over) {
                tellGone(made, handler, new HandshakeException("the peer " + remote + " gave up the handshake"));
                return;
            }
            accepting = true;
            id.control(() -> acceptNow(made, options, handler));
        });
    }

    /** Control. */
    private void acceptNow(RdmaCoreQueuePair made, ConnectOptions options, QueuePairHandler handler) {
        VerbsException problem;
        try {
            Device device = adapter.device(id.context());
            if (device == null) {
                throw new HandshakeException(remote + " came by an RDMA device that is not used: see oncrpc.rdma.device");
            }
            int inboundReads = Math.min(Math.min(options.inboundReads(), device.inboundReads()), asked.inboundReads());
            int outboundReads = Math.min(Math.min(options.outboundReads(), device.outboundReads()), asked.outboundReads());
            NativeQueuePair pair = NativeQueuePair.open(adapter, device, id, made, options, true);
            made.open(pair);
            made.info(new ConnectionInfo(RdmaCoreProvider.NAME, local, remote, asked.privateData(), inboundReads, outboundReads, false,
                    adapter.detail(device, pair)));
            loop.execute(() -> opened(made));
            try (ConnParams params = new ConnParams(options, inboundReads, outboundReads, pair.receives().shared() != 0)) {
                if (adapter.libraries().cm().accept(id.address(), params.address()) == 0) {
                    pair.accepted();
                    return;
                }
                problem = new HandshakeException("cannot accept " + remote + ": " + Errno.text(NativeFunction.errno()));
            }
        } catch (VerbsException e) {
            loop.execute(() -> {
                accepting = false;
                tellGone(made, handler, e);
                if (over) {
                    id.destroy(() -> adapter.members().remove(this));
                } else {
                    failCounted(e);
                }
            });
            return;
        }
        loop.execute(() -> failCounted(problem));
    }

    private void tellGone(RdmaCoreQueuePair made, QueuePairHandler handler, VerbsException cause) {
        made.info(new ConnectionInfo(RdmaCoreProvider.NAME, local, remote, asked.privateData(), 0, 0, false, ""));
        made.never(cause);
        handler.onDisconnected(made, cause);
    }

    private void opened(RdmaCoreQueuePair made) {
        accepting = false;
        if (over) {
            // It failed while its queue pair was being made.
            adapter.members().replace(this, made);
            made.stillborn(new HandshakeException("the peer " + remote + " gave up the handshake"));
        } else {
            queuePair = made;
            made.accepted();
        }
    }

    @Override
    public void reject(byte[] privateData) {
        answer();
        adapter.counters().increment(RdmaCoreCounter.REJECTED);
        id.control(() -> {
            try (Memory.Block block = new Memory.Block(privateData.length)) {
                Memory.copyIn(privateData, block.address());
                adapter.libraries().cm().reject(id.address(), privateData.length == 0 ? 0 : block.address(), privateData.length);
            }
        });
        loop.execute(() -> fail(new HandshakeException("rejected")));
    }

    @Override
    public void onCmEvent(CmEvent event) {
        if (over) {
            return;
        }
        switch (event.type()) {
            case ESTABLISHED -> {
                if (queuePair != null) {
                    end();
                    adapter.members().replace(this, queuePair);
                    queuePair.established();
                }
            }
            case DEVICE_REMOVAL -> failCounted(adapter.deviceRemoved(id.context()));
            case CONNECT_ERROR, UNREACHABLE, REJECTED, DISCONNECTED, ADDR_CHANGE -> failCounted(
                    new HandshakeException("the handshake with " + remote + " failed: " + event.type()));
            default -> {
                // Nothing that concerns a handshake.
            }
        }
    }

    private void end() {
        over = true;
        listener.answered();
        if (timer != null) {
            timer.cancel();
        }
    }

    private void failCounted(VerbsException cause) {
        if (!over) {
            adapter.counters().increment(RdmaCoreCounter.HANDSHAKE_FAILED);
            fail(cause);
        }
    }

    private void fail(VerbsException cause) {
        if (over) {
            return;
        }
        end();
        if (queuePair != null) {
            adapter.members().replace(this, queuePair);
            queuePair.stillborn(cause);
        } else if (!accepting) {
            id.destroy(() -> adapter.members().remove(this));
        }
    }

    @Override
    public void adapterClosed() {
        loop.execute(() -> fail(new AdapterClosedException("the rdma-core adapter was closed")));
    }
}
