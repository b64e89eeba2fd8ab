// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.handshake;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoop;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpResources;
import org.dcache.oncrpc4j.rdma.iwarp.stream.Agreement;
import org.dcache.oncrpc4j.rdma.iwarp.stream.IwarpQueuePair;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequestHandler;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.error.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeException;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeTimeoutException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.verbs.parts.IncomingRequest;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.dcache.oncrpc4j.rdma.verbs.parts.UnestablishedQueuePair;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An accepted socket until it is a connection or closed: the responder's side of the MPA handshake (RFC 5044 section 7.1, RFC 6581).
 *
 * <p>States: reading the Request; waiting for the upper layer's answer; over. One time-out covers both, and whatever is thrown ends it.
 * Requests that want markers, or peer-to-peer mode without a form of it, are refused with a Reply, bad frames by closing. The Reply echoes
 * the initiator's revision, as siw does.
 */
final class InboundHandshake extends IncomingRequest implements EventLoop.Handler {

    /** Stands for {@link MpaFrame#RTR_EMPTY}, whose bit is that of RTR_READ in the other word. */
    private static final int RTR_FORM_EMPTY = 1;

    private static final Logger LOG = LoggerFactory.getLogger(InboundHandshake.class);

    private final IwarpResources resources;
    private final EventLoop loop;
    private final SocketChannel channel;
    private final ConnectionRequestHandler handler;
    private final RpcOverTcpClients strangers;
    private final Counters counters;
    private final MpaFrameReader reader;
    private byte[] privateData;
    private SelectionKey key;
    private VerbsException cause;

    /** @param head what was read of the Request */
    InboundHandshake(IwarpResources resources, EventLoop loop, SocketChannel channel, ByteBuffer head, Members ofListener,
            ConnectionRequestHandler handler, RpcOverTcpClients strangers) throws IOException {
        super(loop, resources.members(), ofListener, resources.counters(), IwarpCounter.HANDLER_FAILED,
                (InetSocketAddress) channel.getLocalAddress(),
                (InetSocketAddress) channel.getRemoteAddress());
        this.resources = resources;
        this.loop = loop;
        this.channel = channel;
        this.handler = handler;
        this.strangers = strangers;
        this.counters = resources.counters();
        this.reader = new MpaFrameReader(false, head);
    }

    /** Any thread, once. */
    void begin() {
        if (loop.inLoop()) {
            start();
        } else {
            loop.execute(this::start);
        }
    }

    private void start() {
        if (isOver()) {
            return;
        }
        try {
            register();
        } catch (IOException e) {
            end(IwarpCounter.HANDSHAKE_PEER_GONE, new PeerClosedException("socket closed", e));
        } catch (RuntimeException | Error e) {
            broken(e);
        }
    }

    private void register() throws IOException {
        key = loop.register(channel, SelectionKey.OP_READ, this);
        limit(resources.settings().handshakeTimeoutMillis(), () -> end(IwarpCounter.HANDSHAKE_TIMEOUT,
                new HandshakeTimeoutException("MPA handshake with " + remoteAddress() + " not complete within "
                        + resources.settings().handshakeTimeoutMillis() + " ms")));
    }

    @Override
    public void ready(int operations) {
        try {
            if (privateData == null) {
                if (reader.read(channel, loop.staging())) {
                    requestComplete();
                }
            } else {
                checkSilence();
            }
        } catch (MpaFrameReader.BadFrameException e) {
            end(e.counter(), new HandshakeException("bad MPA Request from " + remoteAddress() + ": " + e.getMessage(), e));
        } catch (IOException e) {
            end(IwarpCounter.HANDSHAKE_PEER_GONE,
                    new PeerClosedException("MPA handshake with " + remoteAddress() + ": " + e.getMessage(), e));
        } catch (RuntimeException | Error e) {
            broken(e);
        }
    }

    private void broken(Throwable e) {
        LOG.error("the handshake with {} failed", remoteAddress(), e);
        end(IwarpCounter.HANDLER_FAILED, new HandshakeException("MPA handshake with " + remoteAddress() + ": " + e, e));
    }

    private void requestComplete() throws IOException {
        ByteBuffer request = reader.frame();
        privateData = MpaFrame.privateData(request, 0);
        checkSilence();
        if (isOver()) {
            return;
        }
        if ((MpaFrame.flags(request, 0) & MpaFrame.MARKERS) != 0) {
            claim();
            refuse(IwarpCounter.HANDSHAKE_MARKERS, new byte[0]);
        } else if (isPeerToPeer() && rtrForm(request) == 0) {
            claim();
            refuse(IwarpCounter.HANDSHAKE_NO_RTR, new byte[0]);
        } else {
            ask(handler);
        }
    }

    /** The initiator must not send before our Reply [74]. */
    private void checkSilence() throws IOException {
        int bytes = channel.read(loop.staging().clear().limit(1));
        if (bytes < 0) {
            throw new EOFException("closed before our Reply");
        }
        if (bytes > 0) {
            end(IwarpCounter.HANDSHAKE_EARLY_DATA,
                    new HandshakeException("the initiator " + remoteAddress() + " sent data before our MPA Reply"));
        }
    }

    @Override
    public byte[] privateData() {
        return privateData.clone();
    }

    @Override
    protected void rejected(byte[] data) {
        refuse(IwarpCounter.REJECTED, data);
    }

    @Override
    protected void accepted(ConnectOptions options, QueuePairHandler qpHandler) {
        ByteBuffer request = reader.frame();
        boolean enhanced = MpaFrame.isEnhanced(request, 0);
        int peerIrd = enhanced ? MpaFrame.irdWord(request, 0) & MpaFrame.DEPTH_MASK : MpaFrame.NOT_NEGOTIATED;
        int peerOrd = enhanced ? MpaFrame.ordWord(request, 0) & MpaFrame.DEPTH_MASK : MpaFrame.NOT_NEGOTIATED;
        int ird = Math.min(options.inboundReads(), peerOrd);
        int ord = Math.min(options.outboundReads(), peerIrd);
        boolean crc = resources.settings().asksForCrc(localAddress().getAddress(), remoteAddress().getAddress())
                || (MpaFrame.flags(request, 0) & MpaFrame.CRC) != 0;
        int form = isPeerToPeer() ? rtrForm(request) : 0;
        int mulpdu = resources.mulpdu(localAddress().getAddress());
        int revision = MpaFrame.revision(request, 0);
        ConnectionInfo info = new ConnectionInfo(IwarpResources.PROVIDER, localAddress(), remoteAddress(), privateData, ird, ord, crc,
                "MPA revision " + revision + ", MULPDU " + mulpdu);
        Agreement agreement = new Agreement(info, false, mulpdu, options.receiveSize(), options.receives(),
                form == MpaFrame.RTR_READ ? ird + 1 : ird, form == RTR_FORM_EMPTY);
        IwarpQueuePair queuePair = null;
        boolean up;
        try {
            queuePair = new IwarpQueuePair(resources, loop, channel, qpHandler, agreement);
            up = !isOver() && sendAccept(crc, ird, ord, form, options.privateData()) && joinsAdapter(queuePair);
        } catch (RuntimeException | Error e) {
            tellUnestablished(queuePair, qpHandler, info,
                    new HandshakeException("the connection with " + remoteAddress() + " cannot be made: " + e, e));
            throw e;
        }
        if (up) {
            resources.members().remove(this);
            IwarpQueuePair made = queuePair;
            comesUp(() -> made.established(key));
        } else {
            tellUnestablished(queuePair, qpHandler, info, cause);
        }
    }

    private void tellUnestablished(IwarpQueuePair queuePair, QueuePairHandler qpHandler, ConnectionInfo info, VerbsException why) {
        if (queuePair != null) {
            queuePair.endUnestablished(why);
        } else {
            UnestablishedQueuePair.tell(loop, qpHandler, counters, IwarpCounter.HANDLER_FAILED, info, why);
        }
    }

    private boolean sendAccept(boolean crc, int ird, int ord, int form, byte[] data) {
        int irdWord = ird | (isPeerToPeer() ? MpaFrame.PEER_TO_PEER : 0) | (form == RTR_FORM_EMPTY ? MpaFrame.RTR_EMPTY : 0);
        int ordWord = ord | (form == RTR_FORM_EMPTY ? 0 : form);
        return send(reply(crc ? MpaFrame.CRC : 0, irdWord, ordWord, data));
    }

    private boolean joinsAdapter(IwarpQueuePair queuePair) {
        if (resources.members().add(queuePair)) {
            return true;
        }
        end(null, new AdapterClosedException("the iWARP adapter was closed"));
        return false;
    }

    private boolean isPeerToPeer() {
        ByteBuffer request = reader.frame();
        return MpaFrame.isEnhanced(request, 0) && (MpaFrame.irdWord(request, 0) & MpaFrame.PEER_TO_PEER) != 0;
    }

    /** The RTR form we choose of those offered: a Write, else a Read (as siw does), else an empty FPDU; 0 for none. */
    private static int rtrForm(ByteBuffer request) {
        int ordWord = MpaFrame.ordWord(request, 0);
        if ((ordWord & MpaFrame.RTR_WRITE) != 0) {
            return MpaFrame.RTR_WRITE;
        }
        if ((ordWord & MpaFrame.RTR_READ) != 0) {
            return MpaFrame.RTR_READ;
        }
        return (MpaFrame.irdWord(request, 0) & MpaFrame.RTR_EMPTY) != 0 ? RTR_FORM_EMPTY : 0;
    }

    private ByteBuffer reply(int flags, int irdWord, int ordWord, byte[] data) {
        ByteBuffer request = reader.frame();
        boolean enhanced = MpaFrame.isEnhanced(request, 0);
        int skip = enhanced ? MpaFrame.IRD_ORD_LENGTH : 0;
        ByteBuffer reply = ByteBuffer.allocate(MpaFrame.HEADER_LENGTH + skip + data.length);
        MpaFrame.put(reply, 0, true, flags | (enhanced ? MpaFrame.ENHANCED : 0), MpaFrame.revision(request, 0), skip + data.length);
        if (enhanced) {
            MpaFrame.putDepths(reply, 0, irdWord, ordWord);
        }
        reply.put(MpaFrame.OFFSET_PRIVATE_DATA + skip, data);
        return reply;
    }

    private boolean send(ByteBuffer reply) {
        try {
            // A new socket's buffer takes so few bytes at once, or the connection is broken.
            if (channel.write(loop.staging().clear().put(reply).flip()) == reply.capacity()) {
                return true;
            }
            end(IwarpCounter.HANDSHAKE_PEER_GONE, new PeerClosedException(remoteAddress() + " does not take our MPA Reply"));
        } catch (IOException e) {
            end(IwarpCounter.HANDSHAKE_PEER_GONE, new PeerClosedException(remoteAddress() + " is gone: " + e.getMessage(), e));
        }
        return false;
    }

    private void refuse(IwarpCounter reason, byte[] data) {
        int crc = MpaFrame.flags(reader.frame(), 0) & MpaFrame.CRC;
        if (send(reply(MpaFrame.REJECT | crc, 0, 0, data))) {
            end(reason, new HandshakeException("refused"));
        }
    }

    @Override
    protected void fail(VerbsException why) {
        end(null, why);
    }

    /** Closes the socket, or leaves it to those who hold its kind; the reason is counted unless null. */
    private void end(IwarpCounter reason, VerbsException why) {
        if (isOver()) {
            return;
        }
        if (reason != null) {
            counters.increment(reason, remoteAddress(), why.getMessage());
        }
        LOG.debug("handshake ended: {}", why.getMessage());
        cause = why;
        if (reason == IwarpCounter.RPC_OVER_TCP) {
            strangers.hold(loop, channel, key, remoteAddress());
        } else {
            if (key != null) {
                key.cancel();
            }
            EventLoop.close(channel);
        }
        finish();
        resources.members().remove(this);
    }
}
