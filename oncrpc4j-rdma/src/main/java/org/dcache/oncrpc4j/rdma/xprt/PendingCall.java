// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.dcache.oncrpc4j.rdma.metrics.jfr.CallEvent;
import org.dcache.oncrpc4j.rdma.metrics.jfr.Recorder;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;

/**
 * One call of ours from its registration to its end (kernel: {@code struct rpcrdma_req}).
 *
 * <p>State moves under its own monitor, which is only held for the move itself. Whoever brings it to {@link State#DONE} tells the listener; nobody
 * else may. Its resources, the exposures and the send context, are freed when the Send has completed <em>and</em> the exposures
 * are fenced, whichever comes last.
 *
 * <p>An abandoned call keeps its xid and its credit until the peer answers or the connection ends: the peer still works on it, and more than the
 * granted calls must never be outstanding [1].
 */
final class PendingCall implements Runnable {

    enum State {
        /** Known, not given to us for sending yet. */
        REGISTERED,
        /** Waits for a credit. */
        BACKLOG,
        /** A thread is exposing memory and posting it. */
        SENDING,
        /** The Send is posted; the reply may come. */
        SENT,
        /** Over for its caller; the reply has not come. */
        ABANDONED,
        /** Over. */
        DONE
    }

    private static final Exposure[] NO_EXPOSURES = new Exposure[0];
    private static final ResultSink[] NO_RESULTS = new ResultSink[0];

    private final RdmaConnection connection;
    private final int xid;
    private final ReplyListener listener;

    private State state = State.REGISTERED;
    private boolean abandonRequested;
    private CompletableFuture<Void> abandoned;

    private SendContext context;
    private SendListener sendListener;
    private int messageLength;
    private int parts;

    private Exposure[] exposures = NO_EXPOSURES;
    private int exposed;
    private ResultSink[] results = NO_RESULTS;
    private int resultCount;
    private ResultSink longReply;

    /** Null when nobody records calls. */
    private final CallEvent event = Recorder.call();
    private long queuedAt;

    /** Whether it still holds a credit. Loop only. */
    private boolean holdsCredit = true;
    private long lingeringSince;

    private int beingFenced;
    private int fencesLeft;
    private Runnable whenFenced;

    PendingCall(RdmaConnection connection, int xid, ReplyListener listener) {
        this.connection = connection;
        this.xid = xid;
        this.listener = listener;
    }

    int xid() {
        return xid;
    }

    ReplyListener listener() {
        return listener;
    }

    synchronized State state() {
        return state;
    }

    /** Moves from one state to another; false when it was not there. */
    synchronized boolean move(State from, State to) {
        if (state != from) {
            return false;
        }
        state = to;
        return true;
    }

    /**
     * Ends a call whose reply has come; false when it was given up. The reply may come before the thread that posts the call has noted that it is
     * sent, so both states are tried in one move: between two moves that thread would pass by, and nobody would get the reply.
     */
    synchronized boolean answered() {
        if (state != State.SENDING && state != State.SENT) {
            return false;
        }
        state = State.DONE;
        return true;
    }

    /** The message to send; set once, before it can be queued. */
    void prepare(SendContext sendContext, SendListener onSent) {
        context = sendContext;
        sendListener = onSent;
        messageLength = sendContext.message().length();
    }

    SendContext context() {
        return context;
    }

    SendListener sendListener() {
        return sendListener;
    }

    int messageLength() {
        return messageLength;
    }

    /** Nobody waits for an answer, and none will come. */
    boolean isOneWay() {
        return listener != null && listener.oneWay();
    }

    /** Whether its credit comes back by this; once. On the loop. */
    boolean takeCredit() {
        boolean held = holdsCredit;
        holdsCredit = false;
        return held;
    }

    /** It is to wait for a credit. */
    void willWait() {
        if (event != null) {
            queuedAt = System.nanoTime();
        }
        context.message().compact(connection.inlineSend());
        move(State.REGISTERED, State.BACKLOG);
    }

    // ---- what the peer can reach

    /** Whether the peer can reach memory of it. */
    boolean isExposed() {
        return exposed > 0;
    }

    /** How long it has been out since this was first asked, milliseconds. On the timer's thread. */
    long lingersFor(long now) {
        if (lingeringSince == 0) {
            lingeringSince = now;
        }
        return (now - lingeringSince) / 1_000_000;
    }

    void add(Exposure exposure) {
        if (exposed == exposures.length) {
            exposures = Arrays.copyOf(exposures, Math.max(2, exposed * 2));
        }
        exposures[exposed++] = exposure;
        connection.device().exposed(1);
    }

    void addResult(ResultSink sink) {
        if (resultCount == results.length) {
            results = Arrays.copyOf(results, Math.max(1, resultCount * 2));
        }
        results[resultCount++] = sink;
    }

    void longReply(ResultSink sink) {
        longReply = sink;
    }

    int results() {
        return resultCount;
    }

    ResultSink result(int index) {
        return results[index];
    }

    ResultSink longReply() {
        return longReply;
    }

    /**
     * Ends the peer's access to everything, then runs {@code then} (kernel: {@code frwr_unmap_sync}). On the loop. Runs at once when all
     * fences are immediate.
     *
     * @param invalidated an STag that the peer's Send invalidated, if {@code hasInvalidated}
     * @return whether {@code then} has run
     */
    boolean fence(boolean hasInvalidated, int invalidated, Runnable then) {
        whenFenced = then;
        fencesLeft = 1;
        beingFenced = exposed;
        for (int i = 0; i < exposed; i++) {
            Exposure exposure = exposures[i];
            boolean remote = hasInvalidated && exposure.stag() == invalidated;
            connection.counters().increment(remote ? XprtCounter.REMOTE_INVALIDATIONS : XprtCounter.LOCAL_INVALIDATIONS);
            if (!exposure.revoke(this)) {
                fencesLeft++;
            }
            exposures[i] = null;
        }
        exposed = 0;
        run();
        return fencesLeft == 0;
    }

    /** One fence is done. On the loop. */
    @Override
    public void run() {
        if (--fencesLeft == 0) {
            Runnable then = whenFenced;
            whenFenced = null;
            connection.device().exposed(-beingFenced);
            then.run();
        }
    }

    /** Frees the memory of results that nobody will see. After the fence. */
    void dropResults() {
        for (int i = 0; i < resultCount; i++) {
            results[i].release();
        }
        if (longReply != null) {
            longReply.release();
        }
    }

    // ---- the two ends of the send context's life

    /** Everything is built; from here on a reply can be meant for it. */
    synchronized void arm() {
        parts = 2;
    }

    synchronized boolean isArmed() {
        return parts > 0 || state == State.ABANDONED;
    }

    /** The Send completed, or the fence is done; the second of the two frees the context. Any thread. */
    void partDone() {
        boolean last;
        synchronized (this) {
            last = --parts == 0;
        }
        if (last) {
            SendContext free = context;
            context = null;
            connection.done(free);
        }
    }

    // ---- giving up

    /** Asks for the call to be abandoned; true when the caller has to wait, by {@link #awaitAbandoned} or {@link #whenAbandoned}. */
    synchronized boolean requestAbandon() {
        abandonRequested = true;
        if (abandoned == null) {
            abandoned = new CompletableFuture<>();
        }
        return state == State.SENDING || state == State.SENT;
    }

    synchronized boolean abandonRequested() {
        return abandonRequested;
    }

    void awaitAbandoned() {
        // Not cut short by an interrupt, which stays set.
        abandoned.join();
    }

    /** Runs this when the fence is done, in the thread that did it, or now. */
    void whenAbandoned(Runnable then) {
        abandoned.thenRun(then);
    }

    void abandonDone() {
        CompletableFuture<Void> waitedFor;
        synchronized (this) {
            waitedFor = abandoned;
        }
        if (waitedFor != null) {
            waitedFor.complete(null);
        }
    }

    void fail(IOException cause) {
        record(cause.getMessage());
        listener.failed(cause);
    }

    // ---- what is counted and recorded of it

    /** It goes out, on this path. */
    void callPath(XprtCounter path) {
        connection.counters().increment(path);
        if (event != null) {
            event.callPath = path.label();
            event.creditWait = queuedAt == 0 ? 0 : System.nanoTime() - queuedAt;
        }
    }

    /** Its reply came whole, on this path. */
    void replyPath(XprtCounter path) {
        connection.counters().increment(path);
        if (event != null) {
            event.replyPath = path.label();
        }
    }

    /** See {@link ReplyListener#replied}. */
    void replied(ByteBuffer message, Regbuf memory) {
        record(null);
        listener.replied(message, memory);
    }

    /** It is over for its caller; once. */
    void record(String failure) {
        if (event != null) {
            event.remote = connection.remoteAddress().toString();
            event.xid = xid;
            event.callBytes = messageLength;
            event.failure = failure;
            event.commit();
        }
    }
}
