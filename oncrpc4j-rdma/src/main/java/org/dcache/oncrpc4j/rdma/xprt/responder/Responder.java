// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.responder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.proto.MalformedHeaderException;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.proto.RpcWords;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.error.CreditOverrunException;
import org.dcache.oncrpc4j.rdma.xprt.error.ReadTimeoutException;
import org.dcache.oncrpc4j.rdma.xprt.link.Link;
import org.dcache.oncrpc4j.rdma.xprt.link.OffLoopQueue;
import org.dcache.oncrpc4j.rdma.xprt.link.SendListener;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.memory.RegbufPool;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;

/**
 * The peer's calls and our replies on one connection (kernel: {@code svc_rdma_recvfrom.c}, {@code svc_rdma_sendto.c}).
 *
 * <p>Calls come in on the loop; replies leave on whatever thread has them. {@link OpenCalls} owns the calls that are with the program, and
 * says when there are too many: a peer that exceeds its grant is closed, it would otherwise decide how much we hold. So is one that goes on
 * calling while it takes no answers.
 *
 * <p>ERR_CHUNK is only for what a retry cannot cure, since Linux gives it to the application as EIO: headers that break a rule, calls
 * beyond our bounds, replies beyond what the client offered.
 */
public final class Responder {

    /**
     * While so many other calls are with the program, more replies are about to leave; with fewer, leaving them to the loop was measured to
     * be no gain.
     */
    private static final int BATCHING_THRESHOLD = 2;

    private final Link connection;
    private final OpenCalls open;
    /** Of what loops answer. Other threads need not wait for it: their answers have no order. */
    private final OffLoopQueue offLoop;
    /** Pulls in progress; loop only, but for the size. */
    private final Set<CallPull> pulls = new LinkedHashSet<>();

    private volatile long oldestPull;

    /**
     * @param inOrder whether calls go to {@code received} in the order in which they arrived
     * @param received who gets the calls, on the loop
     */
    public Responder(Link connection, boolean inOrder, Consumer<InboundCall> received) {
        this.connection = connection;
        this.open = new OpenCalls(connection, inOrder, received);
        this.offLoop = new OffLoopQueue(connection.device());
    }

    OpenCalls open() {
        return open;
    }

    QueuePair queuePair() {
        return connection.queuePair();
    }

    Counters counters() {
        return connection.counters();
    }

    public boolean isIdle() {
        return open.size() == 0;
    }

    /** Calls that came and are neither answered nor left to their program without our holding anything. */
    public int size() {
        return open.size();
    }

    /**
     * Takes a call. Owns the buffer from here on.
     *
     * @return true when it keeps the header
     */
    public boolean call(RdmaHeader h, int headerLength, ReceiveBuffer buffer) throws MalformedHeaderException {
        ByteBuffer data = buffer.data();
        int inlineLength = data.limit() - headerLength;
        long length = inlineLength;
        if (h.readCount() > 0) {
            if (queuePair().info().outboundReads() == 0) {
                buffer.release();
                errChunk(h.xid(), h.version(), XprtCounter.SENT_ERR_CHUNK_NO_READS);
                return false;
            }
            h.sortReads();
            length = h.checkReads(inlineLength);
            long bound = Math.min(connection.limits().maxMessage(), connection.device().regbufs().budget() / 2);
            if (length > bound || length < RpcWords.DIRECTION_LENGTH) {
                buffer.release();
                errChunk(h.xid(), h.version(), XprtCounter.SENT_ERR_CHUNK_CALL_TOO_BIG);
                return false;
            }
        }
        // Its calls are done, but their answers are still here: it does not read.
        if (!connection.mayAnswer()) {
            buffer.release();
            return false;
        }
        if (!open.arrived()) {
            counters().increment(XprtCounter.CREDIT_OVERRUN);
            buffer.release();
            connection.abort(new CreditOverrunException("peer " + connection.remoteAddress() + " has more than the granted "
                    + connection.grant() + " calls outstanding; the connection is closed"));
            return false;
        }
        if (h.readCount() > 0) {
            CallPull pull;
            try {
                pull = new CallPull(this, h, headerLength, (int) length, buffer);
                pulls.add(pull);
            } catch (RuntimeException | Error e) {
                buffer.release();
                throw e;
            }
            open.pulling(pull);
            Regbuf sink = connection.device().sinks().request(pull);
            if (sink != null) {
                pull.start(sink);
            } else {
                pull.waits();
            }
            return true;
        }
        boolean keep = h.writeCount() > 0 || h.hasReply();
        InboundCall whole;
        try {
            whole = whole(XprtCounter.SERVER_CALL_INLINE, h, keep, data.slice(headerLength, inlineLength), buffer, null);
        } catch (RuntimeException | Error e) {
            buffer.release();
            throw e;
        }
        open.whole(whole, null);
        return keep;
    }

    /** A Read that was posted for a call is done. On the loop. */
    public void readDone(WorkRequest request, boolean ok) {
        ((CallPull) request.context()).readDone(ok);
    }

    /** The Reads of a call are done. On the loop. */
    void pulled(CallPull pull) {
        ByteBuffer message = pull.message();
        boolean sameXid = RpcWords.xid(message, 0) == pull.header().xid();
        if (!sameXid || RpcWords.type(message, 0) != RpcWords.CALL) {
            forget(pull);
            pull.sink().release();
            open.lost(pull);
            if (sameXid) {
                counters().increment(XprtCounter.DROPPED_TYPE);
            } else {
                errChunk(pull.header().xid(), pull.header().version(), XprtCounter.SENT_ERR_CHUNK_HEADER);
            }
            return;
        }
        // Without memory for it the connection ends, and with it the pull, which has its sink until here.
        InboundCall whole = whole(pull.isLong() ? XprtCounter.SERVER_CALL_LONG : XprtCounter.SERVER_CALL_READ_CHUNK, pull.header(), true,
                message, null, pull.sink());
        forget(pull);
        open.whole(whole, pull);
    }

    /** The connection ended before the Reads of a call were done. On the loop. */
    void pullFailed(CallPull pull) {
        forget(pull);
        open.lost(pull);
    }

    private void forget(CallPull pull) {
        pulls.remove(pull);
        pullStarted();
    }

    /**
     * Notes how long the peer has been waited for. Memory is given in the order of the calls, so that the first has had it longest. On the
     * loop.
     */
    void pullStarted() {
        oldestPull = pulls.isEmpty() ? 0 : pulls.iterator().next().started();
    }

    private InboundCall whole(XprtCounter path, RdmaHeader h, boolean keep, ByteBuffer message, ReceiveBuffer buffer, Regbuf sink) {
        boolean invalidate = keep && connection.peerTakesInvalidate() && Handles.one(h);
        int stag = invalidate ? Handles.first(h) : 0;
        boolean chunks = keep && (h.writeCount() > 0 || h.hasReply());
        return new InboundCall(path, this, connection, h.xid(), chunks ? h : null, h.readCount() > 0 ? h : null, invalidate, stag, message,
                buffer, sink);
    }

    /**
     * Answers a call with the message in {@code context}, whose named items go into the client's Write chunks in order.
     *
     * <p>One post: the Writes, then the Send; only the Send is signalled and its completion frees everything. The call's own memory is
     * released when the message is posted, by then it has been encoded elsewhere. Any thread.
     *
     * @param listener told exactly once
     */
    void reply(InboundCall call, SendContext context, SendListener listener) {
        if (!call.answer()) {
            connection.done(context);
            listener.failed(new IOException("xid " + Integer.toHexString(call.xid()) + " has been answered already"), false);
            return;
        }
        call.releaseMemory();
        if (connection.endCause() != null) {
            connection.done(context);
            call.leave();
            call.record(0);
            listener.failed(connection.endCause(), false);
            return;
        }
        if (offLoop.mayWait() || offLoop.isEmpty() && offLoop.takesReady() && ReplyChunks.takeReady(connection, call, context)) {
            post(call, context, listener);
        } else {
            offLoop.add(() -> post(call, context, listener));
        }
    }

    private void post(InboundCall call, SendContext context, SendListener listener) {
        int total = context.message().length();
        int length;
        try {
            length = build(call, context);
        } catch (RuntimeException | Error e) {
            connection.done(context);
            call.record(0);
            discarded(call);
            listener.failed(new IOException("the reply to xid " + Integer.toHexString(call.xid()) + " could not be built: " + e, e), false);
            return;
        }
        call.answers(listener, total);
        context.owner(call);
        connection.post(context, length, call.invalidate(), call.invalidateStag(), call.leave() >= BATCHING_THRESHOLD);
        call.record(total);
    }

    private int build(InboundCall call, SendContext context) {
        int length = ReplyChunks.build(connection, call, context);
        if (length >= 0) {
            return length;
        }
        call.replyPath(XprtCounter.SENT_ERR_CHUNK_REPLY_TOO_BIG);
        ByteBuffer target = context.inline(connection.device().regbufs(), RdmaHeader.MIN_LENGTH);
        return RdmaHeader.encodeErrChunk(target, 0, call.xid(), RdmaHeader.VERSION, connection.grant());
    }

    /** A call is refused because of what its Read chunks move [41]. Any thread. */
    void refused(InboundCall call) {
        call.leave();
        call.record(0);
        errChunk(call.xid(), RdmaHeader.VERSION, XprtCounter.SENT_ERR_CHUNK_NOT_ELIGIBLE);
    }

    /** A call was dropped without an answer: the client would wait for ever, so the connection goes [36]. */
    void discarded(InboundCall call) {
        call.leave();
        connection.close(new ConnectionClosedException("a call could not be answered"));
    }

    /** ERR_VERS with the versions we speak [20, 32]. On the loop. */
    public void errVers(RdmaHeader h) {
        if (connection.mayAnswer()) {
            counters().increment(XprtCounter.SENT_ERR_VERS);
            int xid = h.xid();
            int version = h.version();
            sendError(target -> RdmaHeader.encodeErrVers(target, 0, xid, version, connection.grant(), RdmaHeader.VERSION,
                    RdmaHeader.VERSION));
        }
    }

    /** ERR_CHUNK, counted by its cause [31-33]. Any thread. */
    public void errChunk(int xid, int version, XprtCounter cause) {
        if (connection.mayAnswer()) {
            counters().increment(cause);
            sendError(target -> RdmaHeader.encodeErrChunk(target, 0, xid, version, connection.grant()));
        }
    }

    private void sendError(ToIntFunction<ByteBuffer> encode) {
        SendContext context = connection.newContext();
        RegbufPool pool = connection.device().regbufs();
        if (offLoop.mayWait() || offLoop.isEmpty() && offLoop.takesReady() && context.takeInline(pool, RdmaHeader.MIN_LENGTH)) {
            sendError(context, encode);
        } else {
            offLoop.add(() -> sendError(context, encode));
        }
    }

    private void sendError(SendContext context, ToIntFunction<ByteBuffer> encode) {
        ByteBuffer target;
        try {
            target = context.inline(connection.device().regbufs(), RdmaHeader.MIN_LENGTH);
        } catch (RuntimeException | Error e) {
            connection.done(context);
            connection.postFailed(e);
            return;
        }
        int length = encode.applyAsInt(target);
        context.owner((c, ok) -> connection.done(c));
        connection.post(context, length, false, 0, false);
    }

    /**
     * Closes a connection whose oldest pull takes too long. On the timer's thread.
     *
     * @param listening since when the provider takes what the peer sends
     */
    public void patrol(long now, long listening) {
        long oldest = oldestPull;
        if (oldest != 0 && Math.min(now - oldest, now - listening) / 1_000_000 > connection.limits().readTimeout()) {
            counters().increment(XprtCounter.READ_TIMEOUT);
            connection.abort(new ReadTimeoutException("the Read chunks of a call of " + connection.remoteAddress()
                    + " were not pulled within " + connection.limits().readTimeout() + " ms; the connection is closed"));
        }
    }

    /** The connection ended; Reads have been flushed before. On the loop. */
    public void ended() {
        for (CallPull pull : pulls) {
            pull.cancel();
            open.lost(pull);
        }
        if (!pulls.isEmpty()) {
            pulls.clear();
            oldestPull = 0;
            connection.device().sinks().drain();
        }
        open.ended();
    }
}
