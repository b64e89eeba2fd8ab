// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.proto.MalformedHeaderException;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;

/**
 * Our calls and the peer's replies on one connection (kernel: {@code rpcrdma_marshal_req}, {@code rpcrdma_reply_handler}).
 *
 * <p>Calls are registered, then sent, by any thread. A call goes out when a credit is free, else it waits in a bounded FIFO, and beyond that it
 * fails: a thread that calls never blocks. One call goes out on a new connection until the first reply has brought a grant [3].
 *
 * <p>Replies come on the loop. Before a call's listener hears anything, the peer's access to the call's memory has ended [29]. A late, repeated or
 * invented reply is counted and dropped.
 */
public final class Requester {

    /** For {@link #credit}: the window stays as it is. */
    private static final int UNCHANGED = 0;

    /** With more calls in flight than this, more are about to leave: with fewer, leaving them to the loop was measured to cost more than it saves. */
    private static final int MANY = 8;

    private static final String GIVEN_UP = "given up by its caller";

    private final RdmaConnection connection;
    private final ConcurrentHashMap<Integer, PendingCall> calls = new ConcurrentHashMap<>();

    // guarded by this
    private final ArrayDeque<PendingCall> backlog = new ArrayDeque<>();
    private int window = 1;
    private int inFlight;
    private IOException ended;

    Requester(RdmaConnection connection) {
        this.connection = connection;
    }

    private Counters counters() {
        return connection.counters();
    }

    /** Calls that may be outstanding now. */
    synchronized int window() {
        return window;
    }

    boolean isIdle() {
        return calls.isEmpty();
    }

    /** Calls without an answer, given up ones included. */
    int size() {
        return calls.size();
    }

    /** Whether a call with this xid is pending or was abandoned without an answer so far. */
    boolean knows(int xid) {
        return calls.containsKey(xid);
    }

    /** Who waits for the reply to a registered call; null when it is unknown. */
    public ReplyListener listener(int xid) {
        PendingCall call = calls.get(xid);
        return call == null ? null : call.listener();
    }

    /** Listeners of the calls that are pending now, abandoned ones left out. */
    public List<ReplyListener> pending() {
        List<ReplyListener> listeners = new ArrayList<>();
        for (PendingCall call : calls.values()) {
            if (call.state() != PendingCall.State.ABANDONED) {
                listeners.add(call.listener());
            }
        }
        return listeners;
    }

    // ---- registering, sending

    /**
     * Announces a call. Any thread.
     *
     * @throws DuplicateXidException when a call with this xid is pending on this connection
     * @throws EOFException when the connection has ended
     */
    public void register(int xid, ReplyListener listener) throws EOFException {
        synchronized (this) {
            if (ended != null) {
                throw new EOFException(ended.getMessage());
            }
            if (calls.putIfAbsent(xid, new PendingCall(connection, xid, listener)) != null) {
                throw new DuplicateXidException("xid " + Integer.toHexString(xid) + " is in use on the connection to "
                        + connection.remoteAddress());
            }
        }
    }

    /**
     * Sends a registered call, or queues it. Owns the context from here on. Any thread; never blocks.
     *
     * @param context its message and its {@link SendContext#expected()} are filled
     * @param sent told exactly once
     */
    public void call(int xid, SendContext context, SendListener sent) {
        PendingCall call = calls.get(xid);
        if (call == null || call.state() != PendingCall.State.REGISTERED) {
            connection.abandon(context);
            IOException cause = connection.endCause();
            sent.failed(cause != null ? cause : new EOFException("the call with xid " + Integer.toHexString(xid)
                    + " was given up before it was sent"), false);
            return;
        }
        call.prepare(context, sent);
        boolean now;
        boolean many = false;
        synchronized (this) {
            if (ended != null) {
                now = false;
            } else if (inFlight < window) {
                many = ++inFlight > MANY;
                now = true;
            } else if (backlog.size() < connection.limits().backlog()) {
                counters().increment(XprtCounter.CREDIT_WAITS);
                call.queued();
                call.move(PendingCall.State.REGISTERED, PendingCall.State.BACKLOG);
                backlog.addLast(call);
                return;
            } else {
                now = false;
                counters().increment(XprtCounter.BACKLOG_FULL);
            }
        }
        if (now) {
            transmit(call, PendingCall.State.REGISTERED, many);
        } else {
            calls.remove(xid, call);
            call.move(PendingCall.State.REGISTERED, PendingCall.State.DONE);
            connection.abandon(context);
            IOException end = connection.endCause();
            IOException cause = end != null ? end : new BacklogFullException("more than " + connection.limits().backlog()
                    + " calls wait for credits of " + connection.remoteAddress() + "; see oncrpc.rdma.backlog");
            call.record(cause.getMessage());
            sent.failed(cause, false);
        }
    }

    /**
     * Holds a credit; posts the call.
     *
     * @param many whether it is one of many, see {@link QueuePair#postSendOfMany}
     */
    private void transmit(PendingCall call, PendingCall.State from, boolean many) {
        if (!call.move(from, PendingCall.State.SENDING)) {
            // Abandoned in the meantime: whoever did so has told the listener.
            connection.abandon(call.context());
            call.sendListener().failed(new EOFException("given up before it was sent"), connection.queuePair().inLoop());
            credit(UNCHANGED);
            return;
        }
        int length;
        SendContext context = call.context();
        try {
            length = CallChunks.build(connection, call, context);
        } catch (IOException e) {
            refuse(call, e);
            return;
        }
        call.arm();
        context.owner((c, ok) -> sendDone(call, ok));
        if (many) {
            connection.postOfMany(context, length, false, 0);
        } else {
            connection.post(context, length, false, 0);
        }
        if (call.move(PendingCall.State.SENDING, PendingCall.State.SENT)) {
            if (call.abandonRequested()) {
                giveUp(call);
            }
            IOException cause = endedCause();
            if (cause != null) {
                // The end of the connection passed by while this thread was building.
                boolean queued = connection.queuePair().execute(() -> endOne(call, cause));
                if (!queued && call.move(PendingCall.State.SENT, PendingCall.State.DONE)) {
                    call.abandonDone();
                    call.fail(cause);
                }
            }
        }
    }

    private synchronized IOException endedCause() {
        return ended;
    }

    /** Could not be built: undo on the loop, where exposures end. */
    private void refuse(PendingCall call, IOException cause) {
        calls.remove(call.xid(), call);
        boolean queued = connection.queuePair().execute(() -> call.fence(false, 0, () -> {
            call.dropResults();
            connection.done(call.context());
            call.abandonDone();
        }));
        call.move(PendingCall.State.SENDING, PendingCall.State.DONE);
        if (!queued) {
            call.abandonDone();
        }
        call.record(cause.getMessage());
        call.sendListener().failed(cause, connection.queuePair().inLoop());
        credit(UNCHANGED);
    }

    private void sendDone(PendingCall call, boolean ok) {
        SendListener sent = call.sendListener();
        int length = call.messageLength();
        call.partDone();
        if (ok) {
            sent.sent(length, connection.queuePair().inLoop());
        } else {
            IOException cause = connection.endCause();
            sent.failed(cause != null ? cause : new EOFException("connection to " + connection.remoteAddress() + " ended"), true);
        }
    }

    /** A credit came back, and perhaps a new grant; sends what waits. */
    private void credit(int grant) {
        List<PendingCall> next = null;
        PendingCall one = null;
        synchronized (this) {
            inFlight--;
            if (grant != UNCHANGED) {
                window = grant;
            }
            while (inFlight < window && !backlog.isEmpty()) {
                inFlight++;
                PendingCall call = backlog.pollFirst();
                if (one == null) {
                    one = call;
                } else {
                    if (next == null) {
                        next = new ArrayList<>();
                    }
                    next.add(call);
                }
            }
        }
        if (one != null) {
            resume(one);
        }
        if (next != null) {
            next.forEach(this::resume);
        }
    }

    /** Sends a call that waited. The loop that brought the credit does it, unless that could make the loop wait for the system. */
    private void resume(PendingCall call) {
        QueuePair qp = connection.queuePair();
        if (qp.exposeBlocks() && qp.inLoop()) {
            connection.device().offLoop(() -> transmit(call, PendingCall.State.BACKLOG, true));
        } else {
            transmit(call, PendingCall.State.BACKLOG, true);
        }
    }

    // ---- replies, on the loop

    /**
     * Takes a reply. Owns the buffer.
     *
     * @return true when it keeps the header, because a fence is not done yet
     */
    boolean reply(RdmaHeader h, int headerLength, ReceiveBuffer buffer) {
        PendingCall call = answered(h);
        if (call == null) {
            buffer.release();
            return false;
        }
        return !call.fence(buffer.invalidated(), buffer.invalidatedStag(), () -> {
            call.partDone();
            call.abandonDone();
            try {
                h.checkReply();
                ReplyAssembly.deliver(connection, call, h, headerLength, buffer.data());
            } catch (MalformedHeaderException e) {
                bad(call, new BadReplyException(connection.remoteAddress() + ": " + e.getMessage()));
            } catch (IOException e) {
                bad(call, e);
            } finally {
                buffer.release();
            }
        });
    }

    private void bad(PendingCall call, IOException cause) {
        counters().increment(cause instanceof BadReplyException bad ? bad.counter() : XprtCounter.DROPPED_BAD_REPLY);
        call.dropResults();
        call.fail(cause);
    }

    /** Takes an RDMA_ERROR [37, 110]. */
    void error(RdmaHeader h) {
        PendingCall call = answered(h);
        if (call == null) {
            return;
        }
        counters().increment(XprtCounter.RECEIVED_ERROR);
        int code = h.errorCode();
        String text = switch (code) {
            case RdmaHeader.ERR_VERS -> "ERR_VERS: it speaks versions " + h.versionLow() + " to " + h.versionHigh() + ", we speak 1";
            case RdmaHeader.ERR_CHUNK -> "ERR_CHUNK: it could not use the call's chunks, or the reply is larger than what was offered"
                    + " (see oncrpc.rdma.max-reply)";
            default -> "RDMA_ERROR " + code;
        };
        call.fence(false, 0, () -> {
            call.partDone();
            call.abandonDone();
            call.dropResults();
            call.fail(new RdmaErrorException(connection.remoteAddress() + " answered with " + text, code));
        });
    }

    /** The call that a message answers, now over; null when nobody waits for it. Its credit is back. */
    private PendingCall answered(RdmaHeader h) {
        PendingCall call = calls.get(h.xid());
        if (call == null || !call.isArmed()) {
            counters().increment(XprtCounter.DROPPED_UNKNOWN_XID);
            return null;
        }
        calls.remove(h.xid(), call);
        boolean wanted = call.answered();
        credit(Math.max(1, Math.min(h.credits(), connection.wanted())));
        if (!wanted) {
            counters().increment(XprtCounter.DROPPED_ABANDONED);
            return null;
        }
        return call;
    }

    // ---- giving up

    /**
     * Gives a call up: time-out, cancel. When it returns, the peer can no longer reach any of the call's memory. Any thread; on the loop it
     * does not wait.
     *
     * @return its listener, which will hear nothing any more; null when the call is unknown or over
     */
    public ReplyListener abandon(int xid) {
        PendingCall call = calls.get(xid);
        if (call == null) {
            return null;
        }
        if (withdraw(call)) {
            return call.listener();
        }
        if (!call.requestAbandon()) {
            return null;
        }
        // Still being sent: the sending thread sees the request and gives it up in our place.
        giveUp(call);
        if (!connection.queuePair().inLoop()) {
            call.awaitAbandoned();
        }
        return call.state() == PendingCall.State.ABANDONED ? call.listener() : null;
    }

    /**
     * As {@link #abandon}, without waiting for the fence: a peer that takes no data can delay it, and a thread that serves other connections as well must
     * not wait for that. Any thread.
     *
     * @param then gets the listener when the peer can no longer reach the call's memory, in this thread or on the loop; not called when the call
     *     is unknown or over
     */
    public void abandon(int xid, Consumer<ReplyListener> then) {
        PendingCall call = calls.get(xid);
        if (call == null) {
            return;
        }
        if (withdraw(call)) {
            then.accept(call.listener());
        } else if (call.requestAbandon()) {
            giveUp(call);
            call.whenAbandoned(() -> {
                if (call.state() == PendingCall.State.ABANDONED) {
                    then.accept(call.listener());
                }
            });
        }
    }

    /** Ends a call that is not being sent yet; false when it is past that. */
    private boolean withdraw(PendingCall call) {
        int xid = call.xid();
        if (call.move(PendingCall.State.REGISTERED, PendingCall.State.DONE)) {
            calls.remove(xid, call);
            return true;
        }
        if (call.move(PendingCall.State.BACKLOG, PendingCall.State.DONE)) {
            calls.remove(xid, call);
            boolean removed;
            synchronized (this) {
                removed = backlog.remove(call);
            }
            if (removed) {
                call.record(GIVEN_UP);
                connection.abandon(call.context());
                call.sendListener().failed(new EOFException("given up while it waited for a credit"), connection.queuePair().inLoop());
            }
            return true;
        }
        return false;
    }

    /** Fences an abandoned call on the loop; its xid and credit stay taken. Nothing when it is not sent yet or answered. */
    private void giveUp(PendingCall call) {
        if (!call.move(PendingCall.State.SENT, PendingCall.State.ABANDONED)) {
            return;
        }
        counters().increment(XprtCounter.FENCED_ABANDONED);
        call.record(GIVEN_UP);
        Runnable fence = () -> call.fence(false, 0, () -> {
            call.dropResults();
            call.partDone();
            call.abandonDone();
        });
        if (connection.queuePair().inLoop()) {
            fence.run();
        } else if (!connection.queuePair().execute(fence)) {
            call.abandonDone();
        }
    }

    /** The connection ended: every call that still has a listener fails. On the loop. */
    void ended(IOException cause) {
        List<PendingCall> all;
        List<PendingCall> waiting;
        synchronized (this) {
            ended = cause;
            all = new ArrayList<>(calls.values());
            calls.clear();
            waiting = new ArrayList<>(backlog);
            backlog.clear();
        }
        // Whoever takes a call out of the backlog owns its context, also when somebody else has given the call up just now.
        for (PendingCall call : waiting) {
            boolean wanted = call.move(PendingCall.State.BACKLOG, PendingCall.State.DONE);
            connection.abandon(call.context());
            call.sendListener().failed(cause, true);
            if (wanted) {
                call.fail(cause);
            }
        }
        for (PendingCall call : all) {
            endOne(call, cause);
        }
    }

    private void endOne(PendingCall call, IOException cause) {
        if (call.move(PendingCall.State.REGISTERED, PendingCall.State.DONE)) {
            call.fail(cause);
        } else if (call.move(PendingCall.State.BACKLOG, PendingCall.State.DONE)) {
            // A thread has it in hand for sending; it finds out and frees the context.
            call.fail(cause);
        } else if (call.move(PendingCall.State.SENT, PendingCall.State.DONE)) {
            call.fence(false, 0, () -> {
                call.dropResults();
                call.partDone();
                call.abandonDone();
                call.fail(cause);
            });
        }
    }
}
