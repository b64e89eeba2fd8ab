// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.proto.MalformedHeaderException;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.proto.RpcWords;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;

/**
 * Our calls and the peer's replies on one connection (kernel: {@code rpcrdma_marshal_req}, {@code rpcrdma_reply_handler}).
 *
 * <p>Calls are registered, then sent, by any thread. A call goes out when the {@link CreditWindow} has a credit for it, else it waits there, in order. Only a thread that is no
 * loop is made to wait itself, when what waits already takes too much memory.
 *
 * <p>Replies come on the loop. Before a call's listener hears anything, the peer's access to the call's memory has ended [29]. A late, repeated or
 * invented reply is counted and dropped.
 *
 * <p>A call that is given up keeps its credit, since the peer still works on it. When all credits are held by such calls and no reply comes for {@link Limits#givenUpTimeout}, nothing can
 * be sent any more, and the connection is ended ({@link #patrol}), as a Linux client does: who reconnects goes on.
 *
 * <p>A one-way call is over when it is posted and the flush behind it was answered. One that has a Read chunk keeps the chunk longer, since that answer does not say that it was pulled: until
 * {@link Limits#readTimeout} has passed, or the connection ends.
 */
public final class Requester {

    private static final String GIVEN_UP = "given up by its caller";

    private final RdmaConnection connection;
    private final ConcurrentHashMap<Integer, PendingCall> calls = new ConcurrentHashMap<>();

    private final CreditWindow credits;
    /** The call that flushes one-way calls; null while none is out. */
    private volatile PendingCall flush;
    /** Last one-way call's program and version. */
    private volatile long flushProgram;
    /** One-way calls whose credit is back, but whose Read chunk may still be pulled. */
    private final ConcurrentLinkedQueue<PendingCall> lingering = new ConcurrentLinkedQueue<>();
    private volatile IOException ended;

    Requester(RdmaConnection connection) {
        this.connection = connection;
        this.credits = new CreditWindow(connection.limits());
    }

    private Counters counters() {
        return connection.counters();
    }

    /** Calls that may be outstanding now. */
    int window() {
        return credits.size();
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
     * Sends a registered call, or queues it. Owns the context from here on. Any thread; waits for room for the call where the thread may wait, see {@link CreditWindow}.
     *
     * @param context its message and its {@link SendContext#expected()} are filled
     * @param sent told exactly once
     */
    public void call(int xid, SendContext context, SendListener sent) {
        PendingCall call = calls.get(xid);
        if (call == null || call.state() != PendingCall.State.REGISTERED) {
            connection.abandon(context);
            IOException cause = connection.endCause();
            sent.failed(cause != null ? cause : withdrawn(xid), false);
            return;
        }
        call.prepare(context, sent);
        if (call.isOneWay()) {
            flushProgram = (long) context.message().getInt(RpcWords.CALL_PROGRAM) << 32 | context.message().getInt(RpcWords.CALL_PROGRAM_VERSION) & 0xffffffffL;
        }
        CreditWindow.Admission admission = credits.admit(call, !SharedThreads.mustNotWait() && !connection.queuePair().inLoop());
        switch (admission) {
            case SEND, SEND_OF_MANY -> {
                if (!transmit(call, PendingCall.State.REGISTERED, admission == CreditWindow.Admission.SEND_OF_MANY)) {
                    credit(1, CreditWindow.UNCHANGED);
                }
            }
            case WAITS -> counters().increment(XprtCounter.CREDIT_WAITS);
            default -> notAdmitted(call, context, sent, admission);
        }
        if (call.isOneWay()) {
            flush();
        }
    }

    private void notAdmitted(PendingCall call, SendContext context, SendListener sent, CreditWindow.Admission admission) {
        calls.remove(call.xid(), call);
        boolean ours = call.move(PendingCall.State.REGISTERED, PendingCall.State.DONE);
        connection.abandon(context);
        IOException cause = ended != null ? ended : !ours ? withdrawn(call.xid()) : credits.full(connection.remoteAddress());
        if (ours && ended == null) {
            counters().increment(XprtCounter.BACKLOG_FULL);
        }
        call.record(cause.getMessage());
        sent.failed(cause, false);
    }

    private static CallWithdrawnException withdrawn(int xid) {
        return new CallWithdrawnException("the call with xid " + Integer.toHexString(xid) + " was given up before it was sent");
    }

    /**
     * Holds a credit; posts the call.
     *
     * @param many whether it is one of many, see {@link QueuePair#postSendOfMany}
     * @return false when it was not posted: the credit is the caller's again
     */
    private boolean transmit(PendingCall call, PendingCall.State from, boolean many) {
        if (!call.move(from, PendingCall.State.SENDING)) {
            // Abandoned in the meantime: whoever did so has told the listener.
            connection.abandon(call.context());
            call.sendListener().failed(withdrawn(call.xid()), connection.queuePair().inLoop());
            return false;
        }
        int length;
        SendContext context = call.context();
        try {
            length = CallChunks.build(connection, call, context);
        } catch (IOException e) {
            refuse(call, e);
            return false;
        }
        call.arm();
        context.owner((c, ok) -> sendDone(call, ok));
        if (many) {
            connection.postOfMany(context, length, false, 0);
        } else {
            connection.post(context, length, false, 0);
        }
        if (call.isOneWay()) {
            credits.posted(call);
        }
        if (call.move(PendingCall.State.SENDING, PendingCall.State.SENT)) {
            if (call.abandonRequested()) {
                giveUp(call);
            }
            IOException cause = ended;
            if (cause != null) {
                // The end of the connection passed by while this thread was building.
                boolean queued = connection.queuePair().execute(() -> endOne(call, cause));
                if (!queued && call.move(PendingCall.State.SENT, PendingCall.State.DONE)) {
                    call.abandonDone();
                    call.fail(cause);
                }
            }
        }
        return true;
    }

    /** Could not be built: undo on the loop, where exposures end. It is over first, so that nobody begins to wait for a fence that has passed. */
    private void refuse(PendingCall call, IOException cause) {
        calls.remove(call.xid(), call);
        call.move(PendingCall.State.SENDING, PendingCall.State.DONE);
        boolean queued = connection.queuePair().execute(() -> call.fence(false, 0, () -> {
            call.dropResults();
            connection.done(call.context());
            call.abandonDone();
        }));
        if (!queued) {
            call.abandonDone();
        }
        call.record(cause.getMessage());
        call.sendListener().failed(cause, connection.queuePair().inLoop());
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

    /** Credits came back, and perhaps a new grant; sends what waits. A loop, not a recursion: thousands that wait may fail to be built, one after the other. */
    private void credit(int count, int grant) {
        PendingCall next = credits.back(count, grant);
        while (next != null) {
            next = resume(next) ? credits.next() : credits.back(1, CreditWindow.UNCHANGED);
        }
        flush();
    }

    /** Sends a call that waited. The loop that brought the credit does it, unless that could make the loop wait for the system. */
    private boolean resume(PendingCall call) {
        QueuePair qp = connection.queuePair();
        if (qp.exposeBlocks() && qp.inLoop()) {
            connection.device().offLoop(() -> {
                if (!transmit(call, PendingCall.State.BACKLOG, true)) {
                    credit(1, CreditWindow.UNCHANGED);
                }
            });
            return true;
        }
        return transmit(call, PendingCall.State.BACKLOG, true);
    }

    // ---- one-way calls

    /** Sends the NULL call behind one-way calls that gives their credits back, when it is due. */
    private void flush() {
        if (flushProgram == 0 || !credits.takeFlush()) {
            return;
        }
        int xid = ThreadLocalRandom.current().nextInt();
        PendingCall call = new PendingCall(connection, xid, FlushListener.INSTANCE);
        synchronized (this) {
            if (ended != null) {
                return;
            }
            while (calls.putIfAbsent(xid, call) != null) {
                call = new PendingCall(connection, ++xid, FlushListener.INSTANCE);
            }
        }
        SendContext context = connection.newContext();
        context.message().add(FlushListener.call(xid, flushProgram), null);
        context.expected().bound(FlushListener.LARGEST_REPLY);
        call.prepare(context, FlushListener.INSTANCE);
        flush = call;
        counters().increment(XprtCounter.ONE_WAY_FLUSHES);
        if (!transmit(call, PendingCall.State.REGISTERED, false)) {
            flush = null;
            credits.flushFailed();
            credit(1, CreditWindow.UNCHANGED);
        }
    }

    /** The flush was answered: what was posted before it has been taken. Returns the credits that come back by this. On the loop. */
    private int flushed() {
        flush = null;
        int back = 0;
        for (PendingCall call : credits.flushed()) {
            if (!call.takeCredit()) {
                continue; // answered
            }
            back++;
            if (call.isExposed()) {
                credits.lingers(call.messageLength());
                lingering.add(call);
            } else {
                endOneWay(call);
            }
        }
        return back;
    }

    /** Ends a one-way call that nobody answers. On the loop. */
    private void endOneWay(PendingCall call) {
        if (calls.remove(call.xid(), call) && call.answered()) {
            call.fence(false, 0, () -> {
                call.dropResults();
                call.partDone();
                call.abandonDone();
                call.record(null);
            });
        }
    }

    // ---- the periodic look

    /**
     * Ends a connection that can never send again, flushes one-way calls that lie around. On the timer's thread.
     *
     * @param now {@link System#nanoTime}
     */
    void patrol(long now) {
        long millis = credits.stuckFor(now) / 1_000_000;
        if (millis > limits().givenUpTimeout() && calls.values().stream().noneMatch(this::mayBeAnswered)) {
            counters().increment(XprtCounter.CREDITS_EXHAUSTED);
            connection.abort(new CreditsExhaustedException("all " + window() + " credits of " + connection.remoteAddress()
                    + " are held by calls that were given up, and no reply has come for " + millis
                    + " ms (oncrpc.rdma.given-up-timeout); the connection is ended"));
            return;
        }
        if (flushProgram != 0) {
            credits.flushLater();
            flush();
            for (PendingCall call = lingering.peek(); call != null && call.lingersFor(now) > limits().readTimeout(); call = lingering.peek()) {
                PendingCall over = lingering.poll();
                credits.lingers(-over.messageLength());
                connection.queuePair().execute(() -> {
                    endOneWay(over);
                    credit(0, CreditWindow.UNCHANGED);
                });
            }
        }
    }

    private boolean mayBeAnswered(PendingCall call) {
        return !call.isOneWay() && call != flush && (call.state() == PendingCall.State.SENT || call.state() == PendingCall.State.SENDING);
    }

    private Limits limits() {
        return connection.limits();
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
        return over(call, grant(h.credits()));
    }

    /** Takes a call that the peer has answered off the books; its credit is back. Null when nobody waits for it any more. */
    private PendingCall over(PendingCall call, int grant) {
        calls.remove(call.xid(), call);
        boolean wanted = call.answered();
        if (call.isOneWay()) {
            credits.answered(call);
        }
        credit((call.takeCredit() ? 1 : 0) + (call == flush ? flushed() : 0), grant);
        if (!wanted) {
            counters().increment(XprtCounter.DROPPED_ABANDONED);
            return null;
        }
        return call;
    }

    /** What a peer's number, of 32 bits without sign, lets us have outstanding: never more than we asked for, and zero counts as one [1, 5]. */
    private int grant(int credits) {
        return Integer.compareUnsigned(credits, connection.wanted()) > 0 ? connection.wanted() : Math.max(1, credits);
    }

    /** An answer to this call whose header cannot be decoded: the call fails, its grant is not believed [31]. On the loop. False when the call is unknown. */
    boolean undecodable(int xid, IOException cause) {
        PendingCall call = calls.get(xid);
        if (call == null || !call.isArmed()) {
            return false;
        }
        PendingCall waiting = over(call, CreditWindow.UNCHANGED);
        if (waiting != null) {
            waiting.fence(false, 0, () -> {
                waiting.partDone();
                waiting.abandonDone();
                waiting.dropResults();
                waiting.fail(cause);
            });
        }
        return true;
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
            // Its thread may wait for room, and has no more reason to.
            credits.wake();
            return true;
        }
        if (call.move(PendingCall.State.BACKLOG, PendingCall.State.DONE)) {
            calls.remove(xid, call);
            if (credits.remove(call)) {
                call.record(GIVEN_UP);
                connection.abandon(call.context());
                call.sendListener().failed(withdrawn(xid), connection.queuePair().inLoop());
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
        synchronized (this) {
            ended = cause;
            all = new ArrayList<>(calls.values());
            calls.clear();
        }
        List<PendingCall> waiting = credits.end();
        lingering.clear();
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
