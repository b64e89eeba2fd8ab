// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.metrics.jfr.ConnectionEvent;
import org.dcache.oncrpc4j.rdma.metrics.jfr.Recorder;
import org.dcache.oncrpc4j.rdma.proto.MalformedHeaderException;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.proto.RpcWords;
import org.dcache.oncrpc4j.rdma.verbs.Awaited;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.IdleTimeoutException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.error.BadReplyException;
import org.dcache.oncrpc4j.rdma.xprt.link.Link;
import org.dcache.oncrpc4j.rdma.xprt.link.RdmaDevice;
import org.dcache.oncrpc4j.rdma.xprt.link.RunAll;
import org.dcache.oncrpc4j.rdma.xprt.requester.Requester;
import org.dcache.oncrpc4j.rdma.xprt.responder.Responder;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;

/**
 * One RPC-over-RDMA connection, whoever dialled (kernel: {@code rpcrdma_ep} with the completion handlers of {@code verbs.c}).
 *
 * <p>It owns the queue pair's events and tells messages of the two directions apart: calls of the peer go to its {@link Responder}, replies
 * to its {@link Requester}. Direction comes from the message, never from who dialled (RFC 8167).
 *
 * <p>Threads: all {@code on…} methods come on the queue pair's loop, except send completions. Sending is for any thread; only a call may
 * wait, for room to send ({@link Requester#call}).
 *
 * <p>Order that matters: a receive is replaced before the message in it is looked at, so that no credit can leave before the receive
 * behind it is posted [2]. Receives posted are the credits of both directions and some to spare [50]; an empty queue kills the connection.
 *
 * <p>It fails as a whole: any provider error ends in {@link #onDisconnected}, which fails every pending call with {@link EOFException}.
 */
public final class RdmaConnection extends Link implements QueuePairHandler {

    private final ConnectionOwner owner;
    private final Requester requester;
    private final Responder responder;
    private final Keepalive keepalive;
    /** Since when the provider takes what the peer sends, as far as the patrol saw; timer only. */
    private long listening = System.nanoTime();
    private volatile long upSince;
    /** Written by the loop only. */
    private volatile long received;
    /** Null when nobody records connections. */
    private ConnectionEvent event;
    private RdmaHeader header = new RdmaHeader();

    /**
     * @param initiator whether our side dialled; decides only what happens to messages of unknown direction
     * @param own the private data that our side sends
     */
    RdmaConnection(RdmaDevice device, ConnectionOwner owner, boolean initiator, PrivateData own) {
        super(device, owner.counters(), initiator, own);
        this.owner = owner;
        this.requester = new Requester(this);
        this.responder = new Responder(this, owner.inOrder(), owner::received);
        this.keepalive = new Keepalive(this);
    }

    // ---- what it is

    /** Calls that the peer allows us to have outstanding at this moment. */
    public int creditsGranted() {
        return requester.window();
    }

    /** What was agreed on, for people and tools. */
    public ConnectionReport report() {
        ConnectionInfo info = info();
        return new ConnectionReport(info.provider(), info.local(), info.remote(), inlineSend(), inlineReceive(), creditsGranted(),
                info.checksum(), info.inboundReads(), info.outboundReads(), peerTakesInvalidate(), info.detail());
    }

    @Override
    public int callsPending() {
        return requester.size();
    }

    @Override
    public int callsServed() {
        return responder.size();
    }

    /** Messages received since it was up. */
    public long messagesReceived() {
        return received;
    }

    /** How long it has been up, milliseconds. */
    public long uptime() {
        return (System.nanoTime() - upSince) / 1_000_000;
    }

    public Requester requester() {
        return requester;
    }

    Responder responder() {
        return responder;
    }

    /** Whether no call is pending in either direction. */
    public boolean isIdle() {
        return requester.isIdle() && responder.isIdle();
    }

    // ---- events

    /** Who dialled us may call at any time. */
    @Override
    public Awaited awaited() {
        if (isInitiator()) {
            return isIdle() ? Awaited.NOTHING : Awaited.SOMETHING;
        }
        return requester.isIdle() && owner.workersLead() ? Awaited.CALLS : Awaited.SOMETHING;
    }

    @Override
    public void onEstablished(QueuePair qp) {
        up(qp);
        upSince = System.nanoTime();
        event = Recorder.connection();
        counters().increment(isInitiator() ? XprtCounter.CONNECTIONS_CONNECTED : XprtCounter.CONNECTIONS_ACCEPTED);
        owner.established(this);
    }

    @Override
    public void onReceive(QueuePair qp, ReceiveBuffer buffer) {
        qp.postReceives(1);
        heard();
        received++;
        counters().increment(XprtCounter.RECEIVES);
        ByteBuffer data = buffer.data();
        RdmaHeader h = header;
        try {
            int length = h.decode(data, limits().maxSegments());
            switch (h.procedure()) {
                case RdmaHeader.RDMA_MSG -> inline(h, length, buffer);
                case RdmaHeader.RDMA_NOMSG -> {
                    if (h.readCount() > 0) {
                        call(h, length, buffer);
                    } else {
                        withoutMessage(h, length, buffer);
                    }
                }
                default -> {
                    requester.error(h);
                    buffer.release();
                }
            }
        } catch (MalformedHeaderException e) {
            malformed(h, data, e);
            buffer.release();
        }
    }

    private void heard() {
        long now = System.nanoTime();
        active(now);
        keepalive.heard(now);
    }

    private void inline(RdmaHeader h, int length, ReceiveBuffer buffer) throws MalformedHeaderException {
        ByteBuffer data = buffer.data();
        if (data.limit() - length < RpcWords.DIRECTION_LENGTH || RpcWords.xid(data, length) != h.xid()) {
            malformedAny(h, "a header without an RPC message of its xid " + Integer.toHexString(h.xid()));
            buffer.release();
        } else if (RpcWords.type(data, length) == RpcWords.REPLY) {
            reply(h, length, buffer);
        } else if (RpcWords.type(data, length) == RpcWords.CALL) {
            call(h, length, buffer);
        } else {
            counters().increment(XprtCounter.DROPPED_TYPE);
            buffer.release();
        }
    }

    /** RDMA_NOMSG without a Read list: a reply if a call of ours waits for it, or if it can be nothing else [47]. */
    private void withoutMessage(RdmaHeader h, int length, ReceiveBuffer buffer) {
        if (h.hasReply() && (isInitiator() || requester.knows(h.xid()))) {
            reply(h, length, buffer);
        } else {
            malformedAny(h, "RDMA_NOMSG without the chunk that holds the message");
            buffer.release();
        }
    }

    private void reply(RdmaHeader h, int length, ReceiveBuffer buffer) {
        if (requester.reply(h, length, buffer)) {
            header = new RdmaHeader();
        }
    }

    private void call(RdmaHeader h, int length, ReceiveBuffer buffer) throws MalformedHeaderException {
        h.checkCall();
        // The responder keeps the header when the reply will need it.
        if (responder.call(h, length, buffer)) {
            header = new RdmaHeader();
        }
    }

    private void malformed(RdmaHeader h, ByteBuffer data, MalformedHeaderException e) {
        switch (e.reason()) {
            case SHORT -> {
                // Its header was not read, but the xid may be there.
                counters().increment(XprtCounter.DROPPED_SHORT);
                if (data.limit() >= Integer.BYTES) {
                    requester.undecodable(RpcWords.xid(data, 0), badReply("a message of " + data.limit() + " bytes"));
                }
            }
            case DONE -> counters().increment(XprtCounter.DROPPED_PROCEDURE);
            case VERSION -> {
                if (isInitiator() || requester.knows(h.xid())) {
                    counters().increment(XprtCounter.DROPPED_VERSION);
                    requester.undecodable(h.xid(), badReply("version " + h.version() + " of RPC-over-RDMA, where we speak 1"));
                } else {
                    responder.errVers(h);
                }
            }
            default -> malformedAny(h, e.getMessage());
        }
    }

    private BadReplyException badReply(String got) {
        return new BadReplyException(remoteAddress() + ": expected a reply that can be decoded, got " + got);
    }

    /**
     * A header that breaks a rule: a call is answered with ERR_CHUNK; a reply is dropped, and the call that it names has failed [31, 33].
     */
    private void malformedAny(RdmaHeader h, String got) {
        if (isInitiator() || h.procedure() == RdmaHeader.RDMA_ERROR || requester.knows(h.xid())) {
            counters().increment(XprtCounter.DROPPED_BAD_REPLY);
            requester.undecodable(h.xid(), badReply(got));
        } else {
            responder.errChunk(h.xid(), h.version(), XprtCounter.SENT_ERR_CHUNK_HEADER);
        }
    }

    @Override
    public void onSendCompletion(QueuePair qp, WorkRequest request, boolean ok) {
        if (request.context() instanceof SendContext context) {
            context.owner().sent(context, ok);
        } else {
            keepalive.answered();
        }
    }

    @Override
    public void onReadCompletion(QueuePair qp, WorkRequest request, boolean ok) {
        if (request.context() == keepalive) {
            keepalive.answered();
        } else {
            heard();
            responder.readDone(request, ok);
        }
    }

    @Override
    public void onDisconnected(QueuePair qp, VerbsException cause) {
        IOException eof = new EOFException("Disconnected from " + qp.info().remote() + ": " + cause.getMessage());
        // No cause of it: oncrpc4j throws the root cause of what failed, and callers expect an EOFException.
        eof.addSuppressed(cause);
        over(eof);
        counters().increment(XprtCounter.CONNECTIONS_CLOSED);
        RunAll all = new RunAll();
        all.run(() -> record(cause));
        all.run(responder::ended);
        all.run(() -> requester.ended(eof));
        all.run(() -> owner.disconnected(this, cause));
        all.done();
    }

    private void record(VerbsException cause) {
        if (event != null) {
            event.remote = remoteAddress().toString();
            event.local = localAddress().toString();
            event.provider = info().provider();
            event.dialled = isInitiator();
            event.received = received;
            event.cause = cause.getMessage();
            event.commit();
        }
    }

    // ---- patrol

    @Override
    protected void patrol(long now) {
        QueuePair qp = queuePair();
        if (qp == null || endCause() != null) {
            return;
        }
        qp.patrol(now, limits().keepalive() > 0 ? Keepalive.PATIENCE * limits().keepalive() * 1_000_000 : Long.MAX_VALUE);
        if (qp.isReceiveStalled()) {
            listening = now;
            keepalive.heard(now);
            return;
        }
        long silence = silence(now);
        if (limits().idleTimeout() > 0 && silence > limits().idleTimeout() && requester.isIdle() && responder.isIdle()) {
            counters().increment(XprtCounter.IDLE_CLOSED);
            close(new IdleTimeoutException("nothing happened for " + silence + " ms"));
        } else {
            keepalive.patrol(qp, now);
        }
        requester.patrol(now);
        responder.patrol(now, listening);
    }
}
