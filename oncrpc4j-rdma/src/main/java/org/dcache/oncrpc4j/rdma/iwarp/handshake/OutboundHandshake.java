// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.handshake;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.zip.CRC32C;
import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoop;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpResources;
import org.dcache.oncrpc4j.rdma.iwarp.stream.Agreement;
import org.dcache.oncrpc4j.rdma.iwarp.stream.IwarpQueuePair;
import org.dcache.oncrpc4j.rdma.iwarp.wire.DdpHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.iwarp.wire.TerminateCode;
import org.dcache.oncrpc4j.rdma.iwarp.wire.TerminateMessage;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.ConnectListener;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.error.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeException;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeTimeoutException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerRejectedException;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.dcache.oncrpc4j.rdma.verbs.parts.Timer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection that we make, until it is up or has failed: TCP connect, then the initiator's side of the MPA handshake (RFC 5044
 * section 7.1, RFC 6581). Loop thread only.
 *
 * <p>The Request is revision 2 with IRD and ORD, without markers, client-server mode; Replies of revision 0, 1 and 2 are taken. One
 * time-out covers everything. No FPDU leaves before the Reply is whole. Exactly one method of the listener is called, once; one that throws
 * is logged and counted, and a connection that it was told of is ended. A fault of ours, such as having no memory, fails the connect and
 * nothing else.
 */
public final class OutboundHandshake implements EventLoop.Handler, Members.Member {

    /** Most Read Requests we are ready to let a responder have outstanding beyond what we offered. */
    private static final int MAX_IRD = 128;

    private static final Logger LOG = LoggerFactory.getLogger(OutboundHandshake.class);

    private final IwarpResources resources;
    private final EventLoop loop;
    private final InetSocketAddress remote;
    private final ConnectOptions options;
    private final QueuePairHandler handler;
    private final ConnectListener listener;
    private final Counters counters;
    private final MpaFrameReader reader = new MpaFrameReader(true);
    private SocketChannel channel;
    private SelectionKey key;
    private Timer timer;
    private boolean over;

    public OutboundHandshake(IwarpResources resources, EventLoop loop, InetSocketAddress remote, ConnectOptions options,
            QueuePairHandler handler, ConnectListener listener) {
        this.resources = resources;
        this.loop = loop;
        this.remote = remote;
        this.options = options;
        this.handler = handler;
        this.listener = listener;
        this.counters = resources.counters().toward(remote);
    }

    public void start() {
        if (over) {
            return;
        }
        timer = loop.schedule(options.timeoutMillis(), () -> {
            counters.increment(IwarpCounter.HANDSHAKE_TIMEOUT);
            fail(new HandshakeTimeoutException("no connection to " + remote + " within " + options.timeoutMillis() + " ms: "
                    + (channel.isConnected()
                    ? "TCP connects, but the MPA Reply did not come: is RDMA served on this port, and does the process there still work?"
                    : "TCP does not connect: is that host up, does a firewall drop what goes to this port?")));
        });
        try {
            if (remote.isUnresolved()) {
                throw new UnknownHostException(remote.getHostString());
            }
            channel = SocketChannel.open();
            resources.configure(channel);
            if (options.local() != null) {
                // As over TCP: the port may be that of a connection to another peer, or of one that has just ended.
                channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
                channel.bind(options.local());
            }
            boolean connected = channel.connect(remote);
            key = loop.register(channel, connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
            if (connected) {
                sendRequest();
            }
        } catch (IOException e) {
            fail(named(e));
        } catch (IllegalArgumentException e) {
            // Also an address of a family that the system does not have.
            fail(new ConnectException("cannot connect to " + remote + ": " + e));
        } catch (RuntimeException | Error e) {
            fail(fault(e));
        }
    }

    private IOException fault(Throwable e) {
        return new IOException("cannot connect to " + remote + ": " + e, e);
    }

    @Override
    public void ready(int operations) {
        try {
            if (!channel.isConnected()) {
                if (!channel.finishConnect()) {
                    return;
                }
                key.interestOps(SelectionKey.OP_READ);
                sendRequest();
            } else if (reader.read(channel, loop.staging())) {
                replyComplete();
            }
        } catch (MpaFrameReader.BadFrameException e) {
            counters.increment(e.counter(), e.getMessage());
            fail(new HandshakeException("bad MPA Reply from " + remote + ": " + e.getMessage(), e));
        } catch (IOException e) {
            fail(named(e));
        } catch (RuntimeException | Error e) {
            fail(fault(e));
        }
    }

    private IOException named(IOException e) {
        if (channel != null && channel.isConnected()) {
            counters.increment(IwarpCounter.HANDSHAKE_PEER_GONE);
            return new HandshakeException("the peer " + remote + " ended the MPA handshake: " + e.getMessage(), e);
        }
        if (e instanceof ConnectException) {
            ConnectException named =
                    new ConnectException(e.getMessage() + ": " + remote + "; is the server up, and is this its RDMA port?");
            named.initCause(e);
            return named;
        }
        if (e.getClass() == SocketException.class) {
            return (IOException) new SocketException("cannot connect to " + remote + ": " + e.getMessage()).initCause(e);
        }
        return e;
    }

    private boolean asksForCrc() throws IOException {
        return resources.settings().asksForCrc(((InetSocketAddress) channel.getLocalAddress()).getAddress(), remote.getAddress());
    }

    private void sendRequest() throws IOException {
        byte[] data = options.privateData();
        ByteBuffer request = ByteBuffer.allocate(MpaFrame.HEADER_LENGTH + MpaFrame.IRD_ORD_LENGTH + data.length);
        MpaFrame.put(request, 0, false, MpaFrame.ENHANCED | (asksForCrc() ? MpaFrame.CRC : 0), 2,
                MpaFrame.IRD_ORD_LENGTH + data.length);
        MpaFrame.putDepths(request, 0, ird(), options.outboundReads());
        request.put(MpaFrame.OFFSET_PRIVATE_DATA + MpaFrame.IRD_ORD_LENGTH, data);
        if (channel.write(loop.staging().clear().put(request).flip()) != request.capacity()) {
            throw new IOException("the socket does not take the MPA Request");
        }
    }

    /** Never 0: some peers refuse that. */
    private int ird() {
        return Math.max(1, options.inboundReads());
    }

    private void replyComplete() throws IOException {
        ByteBuffer reply = reader.frame();
        int flags = MpaFrame.flags(reply, 0);
        byte[] data = MpaFrame.privateData(reply, 0);
        if ((flags & MpaFrame.REJECT) != 0) {
            counters.increment(IwarpCounter.PEER_REJECTED);
            fail(new PeerRejectedException("the peer " + remote + " refused the connection: is this host outside of its "
                    + "oncrpc.rdma.allow, are its oncrpc.rdma.connections in use? Its log says why", data));
            return;
        }
        if ((flags & MpaFrame.MARKERS) != 0) {
            counters.increment(IwarpCounter.HANDSHAKE_MARKERS);
            fail(new HandshakeException("the peer " + remote + " wants MPA markers, which are not supported"));
            return;
        }
        boolean enhanced = MpaFrame.isEnhanced(reply, 0);
        int peerIrd = enhanced ? MpaFrame.irdWord(reply, 0) & MpaFrame.DEPTH_MASK : MpaFrame.NOT_NEGOTIATED;
        int peerOrd = enhanced ? MpaFrame.ordWord(reply, 0) & MpaFrame.DEPTH_MASK : MpaFrame.NOT_NEGOTIATED;
        int ird = ird();
        if (peerOrd != MpaFrame.NOT_NEGOTIATED && peerOrd > ird) {
            ird = peerOrd;
        }
        boolean crc = asksForCrc() || (flags & MpaFrame.CRC) != 0;
        if (ird > MAX_IRD) {
            counters.increment(TerminateCode.IRD_INSUFFICIENT);
            sendTerminate(TerminateCode.IRD_INSUFFICIENT, crc);
            fail(new HandshakeException("the peer " + remote + " insists on " + peerOrd
                    + " outstanding RDMA Reads; we allow at most " + MAX_IRD));
            return;
        }
        establish(data, ird, Math.min(options.outboundReads(), peerIrd), crc, MpaFrame.revision(reply, 0));
    }

    private void establish(byte[] data, int ird, int ord, boolean crc, int revision) throws IOException {
        InetSocketAddress local = (InetSocketAddress) channel.getLocalAddress();
        InetSocketAddress peer = (InetSocketAddress) channel.getRemoteAddress();
        int mulpdu = resources.mulpdu(local.getAddress());
        ConnectionInfo info = new ConnectionInfo(IwarpResources.PROVIDER, local, peer, data, ird, ord, crc,
                "MPA revision " + revision + ", MULPDU " + mulpdu);
        IwarpQueuePair queuePair = new IwarpQueuePair(resources, loop, channel, handler,
                new Agreement(info, true, mulpdu, options.receiveSize(), options.receives(), ird, false));
        if (!resources.members().add(queuePair)) {
            fail(new AdapterClosedException("the iWARP adapter was closed"));
            return;
        }
        over = true;
        timer.cancel();
        resources.members().remove(this);
        queuePair.established(key);
        try {
            listener.connected(queuePair);
        } catch (RuntimeException | Error e) {
            listenerFailed(e);
            queuePair.abort(new ConnectionClosedException("the listener of the connect failed", e));
        }
    }

    private void listenerFailed(Throwable e) {
        counters.increment(IwarpCounter.HANDLER_FAILED);
        LOG.error("the listener of the connect to {} failed", remote, e);
    }

    private void sendTerminate(TerminateCode error, boolean withCrc) throws IOException {
        ByteBuffer payload = TerminateMessage.compose(error, null, 0, null);
        int ulpdu = DdpHeader.UNTAGGED_LENGTH + payload.remaining();
        ByteBuffer fpdu = ByteBuffer.allocate(FpduLayout.fpduLength(ulpdu));
        FpduLayout.putUlpduLength(fpdu, 0, ulpdu);
        DdpHeader.putUntagged(fpdu, FpduLayout.OFFSET_ULPDU, RdmapOpcode.TERMINATE, true, 0, 1, 0);
        fpdu.put(FpduLayout.OFFSET_ULPDU + DdpHeader.UNTAGGED_LENGTH, payload, 0, payload.remaining());
        int crcAt = FpduLayout.crcOffset(ulpdu);
        if (withCrc) {
            CRC32C crc = new CRC32C();
            crc.update(fpdu.array(), 0, crcAt);
            FpduLayout.putCrc(fpdu, crcAt, (int) crc.getValue());
        }
        channel.write(loop.staging().clear().put(fpdu).flip());
    }

    @Override
    public void adapterClosed() {
        loop.execute(() -> fail(new AdapterClosedException("the iWARP adapter was closed")));
    }

    private void fail(IOException cause) {
        if (over) {
            return;
        }
        if (key != null) {
            key.cancel();
        }
        if (channel != null) {
            EventLoop.close(channel);
        }
        over = true;
        if (timer != null) {
            timer.cancel();
        }
        try {
            listener.failed(cause);
        } catch (RuntimeException | Error e) {
            listenerFailed(e);
        } finally {
            resources.members().remove(this);
        }
    }
}
