// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.requester;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.dcache.oncrpc4j.rdma.metrics.jfr.CallEvent;
import org.dcache.oncrpc4j.rdma.metrics.jfr.Recorder;
import org.dcache.oncrpc4j.rdma.metrics.latency.CallKind;
import org.dcache.oncrpc4j.rdma.metrics.latency.Side;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.Link;
import org.dcache.oncrpc4j.rdma.xprt.link.SendListener;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;

/**
 * One call of ours from its registration to its end (kernel: {@code struct rpcrdma_req}): what it holds, and who waits for it. Where it
 * stands is its {@link CallState}.
 *
 * <p>Its resources, the exposures and the send context, are freed when the Send has completed <em>and</em> the exposures are fenced,
 * whichever comes last. The thread that builds it owns them until it is posted or refused; afterwards its connection's loop does.
 *
 * <p>An abandoned call keeps its xid and its credit until the peer answers or the connection ends: the peer still works on it, and more
 * than the granted calls must never be outstanding [1]. It may keep its resources as long ({@link KeptCalls}).
 */
final class PendingCall extends CallState implements Runnable, SendContext.Owner {

    private static final Exposure[] NO_EXPOSURES = new Exposure[0];
    private static final ResultSink[] NO_RESULTS = new ResultSink[0];

    private final Requester requester;
    private final Link connection;
    private final int xid;
    private final ReplyListener listener;
    /** {@link PendingCalls} alone looks at it. */
    PendingCall nextPending;

    private SendContext context;
    private SendListener sendListener;
    private int messageLength;
    /** What still needs the context: its Send, its exposures. */
    private int parts = 2;

    private Exposure[] exposures = NO_EXPOSURES;
    private int exposed;
    private ResultSink[] results = NO_RESULTS;
    private int resultCount;
    private ResultSink longReply;

    /** Null when nobody records calls. */
    private final CallEvent event = Recorder.call();
    private long queuedAt;
    private final long begun = System.nanoTime();
    private CallKind kind = CallKind.INLINE;

    /** Whether it still holds a credit. Loop only. */
    private boolean holdsCredit = true;
    private long lingeringSince;

    /** Its listener has heard how it ended. */
    private boolean told;

    private int beingFenced;
    private int fencesLeft;
    private Runnable whenFenced;

    PendingCall(Requester requester, Link connection, int xid, ReplyListener listener) {
        this.requester = requester;
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

    /** It is about to wait for a credit: while it does, a message that goes inline lies on the heap. */
    void willWait() {
        if (event != null) {
            queuedAt = System.nanoTime();
        }
        try {
            context.message().compact(connection.inlineSend());
        } catch (OutOfMemoryError e) {
            // It waits where it is.
        }
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
     * @param by the peer's message that may have invalidated some of it; null: none has
     */
    void fence(ReceiveBuffer by, Runnable then) {
        for (int i = 0; by == null && i < exposed; i++) {
            exposures[i].unanswered();
        }
        if (by == null ? fence(false, 0) : fence(by.invalidated(), by.invalidatedStag())) {
            then.run();
        } else {
            afterFence(then);
        }
    }

    /**
     * Ends the peer's access to everything. On the loop.
     *
     * @param invalidated an STag that the peer's Send invalidated, if {@code hasInvalidated}
     * @return whether it has ended; else the caller says at once what comes {@link #afterFence}
     */
    boolean fence(boolean hasInvalidated, int invalidated) {
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

    /** Runs this when the last fence is done, which is later: the loop is with the caller. */
    void afterFence(Runnable then) {
        whenFenced = then;
    }

    /** One fence is done. On the loop. */
    @Override
    public void run() {
        if (--fencesLeft == 0) {
            connection.device().exposed(-beingFenced);
            Runnable then = whenFenced;
            whenFenced = null;
            if (then != null) {
                then.run();
            }
        }
    }

    /**
     * Ends the peer's access to a call that nobody will take a reply of, gives its memory back, then goes on. On the loop.
     *
     * @param by as for {@link #fence(ReceiveBuffer, Runnable)}
     */
    void fenceAndDrop(ReceiveBuffer by, Runnable then) {
        fence(by, () -> {
            try {
                dropResults();
            } finally {
                fenceDone();
            }
            then.run();
        });
    }

    /**
     * Runs on the loop what takes the memory of such a call back.
     *
     * @return false when there is no loop any more, and nobody who could reach the memory
     */
    boolean onLoop(Runnable task) {
        if (connection.queuePair().inLoop()) {
            task.run();
        } else if (!connection.queuePair().execute(task)) {
            fenced();
            return false;
        }
        return true;
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

    @Override
    public void sent(SendContext sent, boolean ok) {
        requester.sendDone(this, ok);
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

    /** The peer can no longer reach it: its part of the context is done, and who gave it up is told, whatever happens. On the loop. */
    void fenceDone() {
        try {
            partDone();
        } finally {
            fenced();
        }
    }

    void fail(IOException cause) {
        told = true;
        record(cause.getMessage());
        listener.failed(cause);
    }

    // ---- what is counted and recorded of it

    /** It goes out, on this path. */
    void callPath(XprtCounter path) {
        connection.counters().increment(path);
        kind = path.kind();
        if (event != null) {
            event.callPath = path.label();
            event.creditWait = queuedAt == 0 ? 0 : System.nanoTime() - queuedAt;
        }
    }

    /** Its reply came whole, on this path. */
    void replyPath(XprtCounter path) {
        connection.counters().increment(path);
        kind = kind.and(path.kind());
        if (event != null) {
            event.replyPath = path.label();
        }
    }

    boolean isTold() {
        return told;
    }

    /** See {@link ReplyListener#replied}. */
    void replied(ByteBuffer message, Regbuf memory) {
        told = true;
        record(null);
        connection.counters().latencies().record(Side.CALLED, kind, listener.operation(), System.nanoTime() - begun,
                messageLength + message.remaining());
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
