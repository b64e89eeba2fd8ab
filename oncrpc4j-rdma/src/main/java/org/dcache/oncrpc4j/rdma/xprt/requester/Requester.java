// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.requester;

import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.proto.MalformedHeaderException;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.error.BadReplyException;
import org.dcache.oncrpc4j.rdma.xprt.error.CallWithdrawnException;
import org.dcache.oncrpc4j.rdma.xprt.error.DuplicateXidException;
import org.dcache.oncrpc4j.rdma.xprt.error.RdmaErrorException;
import org.dcache.oncrpc4j.rdma.xprt.link.Link;
import org.dcache.oncrpc4j.rdma.xprt.link.OffLoopQueue;
import org.dcache.oncrpc4j.rdma.xprt.link.RunAll;
import org.dcache.oncrpc4j.rdma.xprt.link.SendListener;
import org.dcache.oncrpc4j.rdma.xprt.link.SharedThreads;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;

/**
 * Our calls and the peer's replies on one connection (kernel: {@code rpcrdma_marshal_req}, {@code rpcrdma_reply_handler}).
 *
 * <p>Calls are registered, then sent, by any thread. A call goes out when the {@link CreditWindow} has a credit for it, else it waits
 * there, in order. Only a thread that is no loop is made to wait itself, when what waits already takes too much memory.
 *
 * <p>Replies come on the loop. Before a call's listener hears anything, the peer's access to the call's memory has ended [29]. A late,
 * repeated or invented reply is counted and dropped.
 *
 * <p>What a call's {@link CallState} says is due after each move is done here, once, by the thread that was told so. The peer's access ends
 * on the loop, where exposures end. Calls that their callers give up are the business of {@link GivenUpCalls}, those that are not answered
 * by their nature that of {@link OneWayCalls}.
 */
public final class Requester {

    private final Link connection;
    private final PendingCalls calls = new PendingCalls();
    private final ResultMemory results;
    private final CreditWindow credits;
    private final GivenUpCalls givenUp;
    private final OneWayCalls oneWay;
    private final OffLoopQueue offLoop;
    private volatile IOException ended;

    public Requester(Link connection) {
        this.connection = connection;
        this.results = new ResultMemory(connection);
        this.credits = new CreditWindow(connection.limits());
        this.givenUp = new GivenUpCalls(connection, calls, credits);
        this.oneWay = new OneWayCalls(connection, this, credits);
        this.offLoop = new OffLoopQueue(connection.device());
    }

    private Counters counters() {
        return connection.counters();
    }

    /** Calls that may be outstanding now. */
    public int window() {
        return credits.size();
    }

    public boolean isIdle() {
        return calls.size() == 0;
    }

    /** Calls without an answer, given up ones included. */
    public int size() {
        return calls.size();
    }

    /** Whether a call with this xid is pending or was abandoned without an answer so far. */
    public boolean knows(int xid) {
        return calls.get(xid) != null;
    }

    /** Who waits for the reply to a registered call; null when it is unknown. */
    public ReplyListener listener(int xid) {
        PendingCall call = calls.get(xid);
        return call == null ? null : call.listener();
    }

    /** Listeners of the calls that are pending now, abandoned ones left out. */
    public List<ReplyListener> pending() {
        return calls.all().stream().filter(call -> call.state() != CallState.State.ABANDONED).map(PendingCall::listener).toList();
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
            if (!calls.add(new PendingCall(this, connection, xid, listener))) {
                throw new DuplicateXidException("xid " + Integer.toHexString(xid) + " is in use on the connection to "
                        + connection.remoteAddress());
            }
        }
    }

    /**
     * Announces a call of the engine's own under this xid, or one of the next ones when it is in use. Null when the connection has ended.
     * Any thread.
     */
    PendingCall registerOwn(int xid, ReplyListener listener) {
        synchronized (this) {
            if (ended != null) {
                return null;
            }
            PendingCall call = new PendingCall(this, connection, xid, listener);
            while (!calls.add(call)) {
                call = new PendingCall(this, connection, call.xid() + 1, listener);
            }
            return call;
        }
    }

    /**
     * Sends a registered call, or queues it. Owns the context from here on. Any thread; waits for room for the call where the thread may
     * wait, see {@link CreditWindow}.
     *
     * @param context its message and its {@link SendContext#expected()} are filled
     * @param sent told exactly once
     */
    public void call(int xid, SendContext context, SendListener sent) {
        PendingCall call = calls.get(xid);
        if (call == null || call.state() != CallState.State.REGISTERED) {
            connection.abandon(context);
            IOException cause = connection.endCause();
            sent.failed(cause != null ? cause : new CallWithdrawnException(xid), false);
            return;
        }
        call.prepare(context, sent);
        if (call.isOneWay()) {
            oneWay.prepared(call);
        }
        CreditWindow.Admission admission;
        try {
            admission = credits.admit(call, !SharedThreads.mustNotWait() && !connection.queuePair().inLoop());
        } catch (RuntimeException | Error e) {
            notAdmitted(call, context, sent, new IOException("the call could not be made to wait for a credit: " + e, e));
            return;
        }
        switch (admission) {
            case SEND, SEND_OF_MANY -> {
                if (!send(call, admission == CreditWindow.Admission.SEND_OF_MANY, connection.queuePair().inLoop())) {
                    notSent(call);
                }
            }
            case WAITS -> counters().increment(XprtCounter.CREDIT_WAITS);
            default -> notAdmitted(call, context, sent, null);
        }
        if (call.isOneWay()) {
            oneWay.flush();
        }
    }

    /** @param why null when the backlog is full, or it is over */
    private void notAdmitted(PendingCall call, SendContext context, SendListener sent, IOException why) {
        calls.remove(call);
        boolean ours = call.abandon() == CallState.Due.WITHDRAW;
        connection.abandon(context);
        IOException cause = ended == null ? why : ended;
        if (cause == null && ours) {
            cause = credits.full(connection.remoteAddress());
            counters().increment(XprtCounter.BACKLOG_FULL);
        } else if (cause == null) {
            cause = new CallWithdrawnException(call.xid());
        }
        call.record(cause.getMessage());
        sent.failed(cause, false);
    }

    /** As {@link #transmit}; not in this thread where that could make a loop wait for the system, or other calls go first. */
    boolean send(PendingCall call, boolean many, boolean mustNotBlock) {
        if (offLoop.isEmpty() && (offLoop.mayWait() || offLoop.takesReady() && CallChunks.takeReady(connection, call.context()))) {
            return transmit(call, many, mustNotBlock);
        }
        offLoop.add(() -> {
            if (transmit(call, many, true)) {
                oneWay.flush();
            } else {
                notSent(call);
            }
        });
        return true;
    }

    /** A call's credit was not used. */
    void notSent(PendingCall call) {
        oneWay.notSent(call);
        credit(1, CreditWindow.UNCHANGED);
    }

    /**
     * Holds a credit; posts the call.
     *
     * @param many whether it is one of many, see {@link QueuePair#postSendOfMany}
     * @param mustNotBlock see {@link SendListener#failed}: it is a loop, or others wait until this thread goes on
     * @return false when it was not posted: the credit is the caller's again
     */
    private boolean transmit(PendingCall call, boolean many, boolean mustNotBlock) {
        if (!call.build()) {
            // Over in the meantime: whoever ended it has told the listener.
            connection.abandon(call.context());
            call.sendListener().failed(new CallWithdrawnException(call.xid()), mustNotBlock);
            return false;
        }
        int length;
        SendContext context = call.context();
        try {
            length = CallChunks.build(connection, results, call, context);
        } catch (IOException e) {
            refuse(call, e, mustNotBlock);
            return false;
        } catch (RuntimeException | Error e) {
            refuse(call, new IOException("the call could not be built: " + e, e), mustNotBlock);
            return false;
        }
        context.owner(call);
        call.arm();
        connection.post(context, length, false, 0, many);
        if (call.isOneWay()) {
            credits.posted(call);
        }
        switch (call.posted()) {
            case GIVE_UP -> givenUp.giveUp(call);
            case FENCE_AND_FAIL -> {
                // The end of the connection passed by while this thread was at it.
                IOException cause = ended;
                if (!call.onLoop(() -> call.fenceAndDrop(null, () -> call.fail(cause)))) {
                    call.fail(cause);
                }
            }
            default -> {}
        }
        return true;
    }

    /** Could not be built: undone on the loop, where exposures end. The caller is told though there is no memory even for that. */
    private void refuse(PendingCall call, IOException cause, boolean mustNotBlock) {
        calls.remove(call);
        try {
            call.refused();
            boolean queued = false;
            try {
                queued = connection.queuePair().execute(() -> call.fence(null, () -> {
                    try {
                        call.dropResults();
                        connection.done(call.context());
                    } finally {
                        call.fenced();
                    }
                }));
            } finally {
                if (!queued) {
                    call.fenced();
                }
            }
            call.record(cause.getMessage());
        } finally {
            call.sendListener().failed(cause, mustNotBlock);
        }
    }

    /** The call's Send has completed. */
    void sendDone(PendingCall call, boolean ok) {
        SendListener sent = call.sendListener();
        int length = call.messageLength();
        call.partDone();
        if (ok) {
            sent.sent(length);
        } else {
            IOException cause = connection.endCause();
            sent.failed(cause != null ? cause : new EOFException("connection to " + connection.remoteAddress() + " ended"), true);
        }
    }

    /**
     * Credits came back, and perhaps a new grant; sends what waits, unless another thread is at it. A loop, not a recursion: thousands that
     * wait may fail to be built, one after the other. Others wait until this thread goes on, whatever it is. What is thrown ends the
     * connection, since calls would be left to nobody, and not who brings the credits.
     */
    void credit(int count, int grant) {
        PendingCall next = credits.back(count, grant);
        try {
            while (next != null) {
                next = send(next, true, true) ? credits.next() : credits.nextInstead();
            }
        } catch (RuntimeException | Error e) {
            credits.drainingFailed();
            connection.postFailed(e);
        }
        oneWay.flush();
    }

    /** Ends a one-way call that nobody answers. On the loop. */
    void endUnanswered(PendingCall call) {
        if (calls.remove(call)) {
            if (call.answered() == CallState.Answer.WANTED) {
                call.fenceAndDrop(null, () -> call.record(null));
            } else {
                givenUp.leaves(call, null);
            }
        }
    }

    // ---- the periodic look

    /**
     * Ends a connection that can never send again, flushes one-way calls that lie around. On the timer's thread.
     *
     * @param now {@link System#nanoTime}
     */
    public void patrol(long now) {
        if (!givenUp.endIfStuck(now, this::mayBeAnswered)) {
            oneWay.patrol(now);
        }
    }

    /** A flush as well, but not where others have been given up: then the server may have lost it with them. */
    private boolean mayBeAnswered(PendingCall call) {
        return !call.isOneWay() && call.isOut() && !(oneWay.isFlush(call) && isAnyGivenUp());
    }

    private boolean isAnyGivenUp() {
        return calls.all().stream().anyMatch(call -> call.state() == CallState.State.ABANDONED);
    }

    // ---- replies, on the loop

    /**
     * Takes a reply. Owns the buffer.
     *
     * @return true when it keeps the header, because a fence is not done yet
     */
    public boolean reply(RdmaHeader h, int headerLength, ReceiveBuffer buffer) {
        PendingCall call = answered(h, buffer);
        if (call == null) {
            buffer.release();
            return false;
        }
        if (call.fence(buffer.invalidated(), buffer.invalidatedStag())) {
            deliver(call, h, headerLength, buffer);
            return false;
        }
        call.afterFence(() -> deliver(call, h, headerLength, buffer));
        return true;
    }

    private void deliver(PendingCall call, RdmaHeader h, int headerLength, ReceiveBuffer buffer) {
        try {
            call.fenceDone();
            h.checkReply();
            ReplyAssembly.deliver(connection, results, call, h, headerLength, buffer.data());
        } catch (MalformedHeaderException e) {
            bad(call, new BadReplyException(connection.remoteAddress() + ": " + e.getMessage()), XprtCounter.DROPPED_BAD_REPLY);
        } catch (IOException e) {
            bad(call, e, e instanceof BadReplyException bad ? bad.counter() : XprtCounter.DROPPED_BAD_REPLY);
        } catch (RuntimeException | Error e) {
            // A binding that cannot read the reply, or no memory for it. What the listener throws is another matter.
            if (call.isTold()) {
                throw e;
            }
            bad(call, new IOException("the reply of " + connection.remoteAddress() + " could not be put together: " + e, e),
                    XprtCounter.REPLY_ASSEMBLY_FAILED);
        } finally {
            buffer.release();
        }
    }

    private void bad(PendingCall call, IOException cause, XprtCounter counter) {
        counters().increment(counter, cause.getMessage());
        call.dropResults();
        call.fail(cause);
    }

    /** Takes an RDMA_ERROR [37, 110]. */
    public void error(RdmaHeader h) {
        PendingCall call = answered(h, null);
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
        call.fenceAndDrop(null, () -> call.fail(new RdmaErrorException(connection.remoteAddress() + " answered with " + text, code)));
    }

    /**
     * The call that a message answers, now over; null when nobody waits for it. Its credit is back.
     *
     * @param by the message, if it may have invalidated what the call exposed, or null
     */
    private PendingCall answered(RdmaHeader h, ReceiveBuffer by) {
        PendingCall call = calls.get(h.xid());
        CallState.Answer answer = call == null ? CallState.Answer.UNEXPECTED : call.answered();
        if (answer == CallState.Answer.UNEXPECTED) {
            counters().increment(XprtCounter.DROPPED_UNKNOWN_XID);
            return null;
        }
        return over(call, answer, grant(h.credits()), by);
    }

    /** Takes a call that the peer has answered off the books; its credit is back. Null when nobody waits for it any more. */
    private PendingCall over(PendingCall call, CallState.Answer answer, int grant, ReceiveBuffer by) {
        calls.remove(call);
        if (call.isOneWay()) {
            credits.answered(call);
        }
        credit((call.takeCredit() ? 1 : 0) + (oneWay.isFlush(call) ? oneWay.flushed() : 0), grant);
        if (answer == CallState.Answer.LATE) {
            counters().increment(XprtCounter.DROPPED_ABANDONED);
            givenUp.leaves(call, by);
            return null;
        }
        return call;
    }

    /**
     * What a peer's number, of 32 bits without sign, lets us have outstanding: never more than we asked for, and zero counts as one [1, 5].
     */
    private int grant(int credits) {
        return Integer.compareUnsigned(credits, connection.wanted()) > 0 ? connection.wanted() : Math.max(1, credits);
    }

    /**
     * An answer to this call whose header cannot be decoded: the call fails, its grant is not believed [31]. On the loop. False when the
     * call is unknown.
     */
    public boolean undecodable(int xid, IOException cause) {
        PendingCall call = calls.get(xid);
        CallState.Answer answer = call == null ? CallState.Answer.UNEXPECTED : call.answered();
        if (answer == CallState.Answer.UNEXPECTED) {
            return false;
        }
        PendingCall waiting = over(call, answer, CreditWindow.UNCHANGED, null);
        if (waiting != null) {
            waiting.fenceAndDrop(null, () -> waiting.fail(cause));
        }
        return true;
    }

    // ---- ends without a reply

    /**
     * Gives a call up: time-out, cancel. When it returns, the peer can no longer reach any of the call's memory, but for what is ours alone
     * ({@link KeptCalls}). Any thread; on the loop it does not wait.
     *
     * @return its listener, which will hear nothing any more; null when the call is unknown or over
     */
    public ReplyListener abandon(int xid) {
        return givenUp.abandon(xid);
    }

    /**
     * As {@link #abandon}, without waiting for the fence: a peer that takes no data can delay it, and a thread that serves other
     * connections as well must not wait for that. Any thread.
     *
     * @param then gets the listener when the peer can no longer reach the call's memory, in this thread or on the loop; not called when the
     *     call is unknown or over
     */
    public void abandon(int xid, Consumer<ReplyListener> then) {
        givenUp.abandon(xid, then);
    }

    /** The connection ended: every call that still has a listener fails. On the loop. */
    public void ended(IOException cause) {
        List<PendingCall> all;
        synchronized (this) {
            ended = cause;
            all = calls.takeAll();
        }
        oneWay.ended();
        RunAll steps = new RunAll();
        // Whoever takes a call out of the backlog owns its context, also when somebody else has given the call up just now.
        for (PendingCall call : credits.end()) {
            try {
                connection.abandon(call.context());
                call.sendListener().failed(cause, true);
            } catch (RuntimeException | Error e) {
                steps.threw(e);
            }
        }
        for (PendingCall call : all) {
            try {
                ended(call, cause);
            } catch (RuntimeException | Error e) {
                steps.threw(e);
            }
        }
        steps.done();
    }

    private void ended(PendingCall call, IOException cause) {
        switch (call.end()) {
            case FAIL -> call.fail(cause);
            case FENCE_AND_FAIL -> call.fenceAndDrop(null, () -> call.fail(cause));
            default -> givenUp.leaves(call, null);
        }
    }

    /** One of the engine's own could not be made ready. */
    void withdraw(PendingCall call) {
        calls.remove(call);
    }
}
