// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.metrics.jfr.ConnectionEvent;
import org.dcache.oncrpc4j.rdma.metrics.jfr.Recorder;
import org.dcache.oncrpc4j.rdma.proto.MalformedHeaderException;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.proto.RpcWords;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.IdleTimeoutException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.error.CreditOverrunException;
import org.dcache.oncrpc4j.rdma.xprt.error.PostFailedException;
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
public final class RdmaConnection implements QueuePairHandler {

    /** Never post smaller receives: a Linux server may send replies up to its default threshold whatever we said. */
    static final int LEAST_RECEIVE = 4096;

    private final RdmaDevice device;
    private final ConnectionOwner owner;
    /** Toward the peer, as soon as that is known. */
    private Counters counters;
    private final boolean initiator;
    private final PrivateData own;
    private final Requester requester;
    private final Responder responder;
    private final Keepalive keepalive;
    private final ResultMemory resultMemory = new ResultMemory(this);
    private final AtomicInteger contextsInUse = new AtomicInteger();

    private volatile QueuePair queuePair;
    private volatile PrivateData peer = PrivateData.NONE;
    private volatile IOException ended;
    private volatile long lastActivity = System.nanoTime();
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
        this.device = device;
        this.owner = owner;
        this.counters = owner.counters();
        this.initiator = initiator;
        this.own = own;
        this.requester = new Requester(this);
        this.responder = new Responder(this);
        this.keepalive = new Keepalive(this);
    }

    // ---- what it is

    public RdmaDevice device() {
        return device;
    }

    public ConnectionInfo info() {
        return queuePair.info();
    }

    public InetSocketAddress localAddress() {
        return queuePair.info().local();
    }

    public InetSocketAddress remoteAddress() {
        return queuePair.info().remote();
    }

    /** Whether our side dialled. Only then may our calls have chunks: those of the side that accepted go backward [51]. */
    boolean isInitiator() {
        return initiator;
    }

    /** Largest message we may send in one Send, bytes [4, 70]. */
    public int inlineSend() {
        return PrivateData.sendThreshold(own, peer);
    }

    /** Largest message the peer sends in one Send, bytes. */
    public int inlineReceive() {
        return PrivateData.receiveThreshold(own, peer);
    }

    /** Whether the peer takes Send with Invalidate for handles of its current request [68, 71]. */
    public boolean peerTakesInvalidate() {
        return peer.remoteInvalidation() && device.adapter().capabilities().sendWithInvalidate();
    }

    /** Calls that the peer allows us to have outstanding at this moment. */
    public int creditsGranted() {
        return requester.window();
    }

    /** Whether the calling thread is the connection's loop, which must not be made to wait. */
    public boolean inLoop() {
        return queuePair.inLoop();
    }

    /** What was agreed on, for people and tools. */
    public ConnectionReport report() {
        ConnectionInfo info = queuePair.info();
        return new ConnectionReport(info.provider(), info.local(), info.remote(), inlineSend(), inlineReceive(), creditsGranted(),
                info.checksum(), info.inboundReads(), info.outboundReads(), peerTakesInvalidate(), info.detail());
    }

    /** Calls of ours that have no answer yet, given up ones included. */
    public int callsPending() {
        return requester.size();
    }

    /** Calls of the peer that we have not answered yet. */
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

    /** How long nothing has gone over it, milliseconds. */
    public long silence() {
        return silence(System.nanoTime());
    }

    private long silence(long now) {
        return (now - lastActivity) / 1_000_000;
    }

    public boolean isOpen() {
        QueuePair qp = queuePair;
        return ended == null && qp != null && qp.isOpen();
    }

    public Requester requester() {
        return requester;
    }

    Responder responder() {
        return responder;
    }

    /** Loop. */
    ResultMemory resultMemory() {
        return resultMemory;
    }

    ConnectionOwner owner() {
        return owner;
    }

    QueuePair queuePair() {
        return queuePair;
    }

    Counters counters() {
        return counters;
    }

    Limits limits() {
        return device.limits();
    }

    /** Why it ended; null while it has not. */
    public IOException endCause() {
        return ended;
    }

    // ---- sending

    /**
     * A context for one outgoing message: fill {@link SendContext#message()}, then give it to {@link #reply} or {@link Requester#call}, or
     * back with {@link #abandon}. Any thread.
     */
    public SendContext newContext() {
        contextsInUse.incrementAndGet();
        return device.sendContexts().take();
    }

    /** Gives back a context that was not sent. */
    public void abandon(SendContext context) {
        done(context);
    }

    /** Answers a call; see {@link Responder#reply}. */
    public void reply(InboundCall call, SendContext context, SendListener listener) {
        responder.reply(call, context, listener);
    }

    /** The context and everything it holds is free again. */
    void done(SendContext context) {
        device.sendContexts().give(context);
        contextsInUse.decrementAndGet();
    }

    /**
     * Posts the chain that ends with the Send of the inline buffer's first bytes. A provider that throws here has broken its word, and
     * nobody knows what has left: the connection ends.
     *
     * @param many whether it is one of many messages that leave about now, see {@link QueuePair#postSendOfMany}
     */
    void post(SendContext context, int inlineLength, boolean invalidate, int stag, boolean many) {
        WorkRequest chain = finish(context, inlineLength, invalidate, stag);
        try {
            if (many) {
                queuePair.postSendOfMany(chain);
            } else {
                queuePair.postSend(chain);
            }
        } catch (RuntimeException | Error e) {
            postFailed(e);
        }
    }

    /** A message that must leave cannot: the peer would wait for ever, so the connection ends. Any thread. */
    void postFailed(Throwable e) {
        counters.increment(XprtCounter.POST_FAILED, e.toString());
        abort(new PostFailedException("a message to " + remoteAddress() + " could not be posted: " + e + "; the connection is ended", e));
    }

    private WorkRequest finish(SendContext context, int inlineLength, boolean invalidate, int stag) {
        counters.increment(invalidate ? XprtCounter.SENDS_WITH_INVALIDATE : XprtCounter.SENDS);
        lastActivity = System.nanoTime();
        return context.finish(inlineLength, invalidate, stag);
    }

    /**
     * Whether one more answer may be queued for this peer; our own calls and those that wait do not count. A peer that sends without
     * reading would make us hold more and more; beyond what its credits explain (answers that left while nobody noted it yet, and as many
     * calls that the peer made since), the connection is closed.
     */
    boolean mayAnswer() {
        if (contextsInUse.get() - requester.size() <= 2 * (limits().credits() + limits().backwardCredits()) + Limits.SPARE_RECEIVES) {
            return true;
        }
        counters().increment(XprtCounter.SENDCTX_OVERRUN);
        abort(new CreditOverrunException("peer " + remoteAddress() + " does not take its answers: " + contextsInUse.get()
                + " are waiting; the connection is closed"));
        return false;
    }

    // ---- ending

    /** Sends what is posted, then closes. Any thread, idempotent. */
    public void close(VerbsException cause) {
        QueuePair qp = queuePair;
        if (qp != null) {
            qp.disconnect(cause);
        }
    }

    /** Closes in good order because our side is done with it. Any thread, idempotent. */
    public void closeLocally() {
        close(new ConnectionClosedException("closed by this side"));
    }

    /** Closes at once because our side is done with it. Any thread, idempotent. */
    public void abortLocally() {
        abort(new ConnectionClosedException("cut off by this side"));
    }

    /** Whether no call is pending in either direction. */
    public boolean isIdle() {
        return requester.isIdle() && responder.isIdle();
    }

    /** Closes at once. Any thread, idempotent (kernel: {@code rpcrdma_force_disconnect}). */
    public void abort(VerbsException cause) {
        QueuePair qp = queuePair;
        if (qp != null) {
            qp.abort(cause);
        }
    }

    // ---- events

    @Override
    public void onEstablished(QueuePair qp) {
        queuePair = qp;
        peer = PrivateData.decode(qp.info().peerPrivateData());
        upSince = System.nanoTime();
        event = Recorder.connection();
        device.add(this);
        counters = counters.toward(remoteAddress());
        counters().increment(initiator ? XprtCounter.CONNECTIONS_CONNECTED : XprtCounter.CONNECTIONS_ACCEPTED);
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
        lastActivity = now;
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
        if (h.hasReply() && (initiator || requester.knows(h.xid()))) {
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
                if (initiator || requester.knows(h.xid())) {
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
        if (initiator || h.procedure() == RdmaHeader.RDMA_ERROR || requester.knows(h.xid())) {
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
        if (request.context() instanceof CallPull pull) {
            heard();
            pull.readDone(ok);
        } else {
            keepalive.answered();
        }
    }

    @Override
    public void onDisconnected(QueuePair qp, VerbsException cause) {
        IOException eof = new EOFException("Disconnected from " + qp.info().remote() + ": " + cause.getMessage());
        // No cause of it: oncrpc4j throws the root cause of what failed, and callers expect an EOFException.
        eof.addSuppressed(cause);
        ended = eof;
        device.remove(this);
        counters().increment(XprtCounter.CONNECTIONS_CLOSED);
        record(cause);
        responder.ended();
        requester.ended(eof);
        owner.disconnected(this, cause);
    }

    private void record(VerbsException cause) {
        if (event != null) {
            event.remote = remoteAddress().toString();
            event.local = localAddress().toString();
            event.provider = info().provider();
            event.dialled = initiator;
            event.received = received;
            event.cause = cause.getMessage();
            event.commit();
        }
    }

    // ---- patrol

    /** The periodic look: keepalive, idleness, stuck Reads. On the timer's thread; only posts and closes. */
    void patrol(long now) {
        QueuePair qp = queuePair;
        if (qp == null || ended != null) {
            return;
        }
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

    /** Credits that our replies grant: for calls of the peer, whose direction is the other one [1, 49]. */
    int grant() {
        return initiator ? limits().backwardCredits() : limits().credits();
    }

    /** Credits that our calls ask for, the most that are ever used [49, 108]. */
    int wanted() {
        return initiator ? limits().credits() : limits().backwardCredits();
    }

}
