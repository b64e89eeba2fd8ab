// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.link;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.error.CreditOverrunException;
import org.dcache.oncrpc4j.rdma.xprt.error.PostFailedException;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;

/**
 * What the two directions of a connection share: its queue pair, what was agreed on, send contexts, posting, and its end.
 *
 * <p>Sending and ending are for any thread. Who hears the queue pair's events extends it, and says when it is {@linkplain #up up} and when
 * it has {@linkplain #over ended}.
 */
public abstract class Link implements Leadable {

    private final RdmaDevice device;
    /** Toward the peer, once it is up. */
    private Counters counters;
    private final boolean initiator;
    private final PrivateData own;
    private final AtomicInteger contextsInUse = new AtomicInteger();

    private volatile QueuePair queuePair;
    private volatile PrivateData peer = PrivateData.NONE;
    private volatile IOException ended;
    private volatile long lastActivity = System.nanoTime();

    /**
     * @param initiator whether our side dialled; decides only what happens to messages of unknown direction
     * @param own the private data that our side sends
     */
    protected Link(RdmaDevice device, Counters counters, boolean initiator, PrivateData own) {
        this.device = device;
        this.counters = counters;
        this.initiator = initiator;
        this.own = own;
    }

    /** It is established. On the loop. */
    protected final void up(QueuePair qp) {
        // Other threads see these counters with the queue pair.
        counters = counters.toward(qp.info().remote());
        queuePair = qp;
        peer = PrivateData.decode(qp.info().peerPrivateData());
        device.add(this);
    }

    /** It has ended, with this cause for all that was under way. On the loop. */
    protected final void over(IOException cause) {
        ended = cause;
        device.remove(this);
    }

    /** Something went over it. Any thread. */
    protected final void active(long now) {
        lastActivity = now;
    }

    /** The periodic look: keepalive, idleness, stuck Reads. On the timer's thread; only posts and closes. */
    protected abstract void patrol(long now);

    /** Calls of ours that have no answer yet, given up ones included. */
    public abstract int callsPending();

    /** Calls of the peer that we have not answered yet. */
    public abstract int callsServed();

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
    public boolean isInitiator() {
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

    /** Whether the calling thread is the connection's loop, which must not be made to wait. */
    public boolean inLoop() {
        return queuePair.inLoop();
    }

    /** See {@link QueuePair#serveUntil}. */
    public boolean serveLoop(BooleanSupplier over) {
        return queuePair.serveUntil(over);
    }

    /** Only where the peer dialled us: what comes on a connection of ours are replies, for which others wait. */
    @Override
    public boolean serveNext(long millis, BooleanSupplier over, BooleanSupplier followed) {
        return !initiator && queuePair.serveNext(millis, over, followed);
    }

    @Override
    public boolean isServed() {
        return initiator || queuePair.isServed();
    }

    @Override
    public void keepServed() {
        queuePair.keepServed();
    }

    /** A call has ended in the calling thread: who serves the loop until then is to see it. Any thread. */
    @Override
    public void wakeLoop() {
        if (!inLoop()) {
            queuePair.execute(() -> {});
        }
    }

    protected final long silence(long now) {
        return (now - lastActivity) / 1_000_000;
    }

    /** How long nothing has gone over it, milliseconds. */
    public long silence() {
        return silence(System.nanoTime());
    }

    public boolean isOpen() {
        QueuePair qp = queuePair;
        return ended == null && qp != null && qp.isOpen();
    }

    public QueuePair queuePair() {
        return queuePair;
    }

    public Counters counters() {
        return counters;
    }

    public Limits limits() {
        return device.limits();
    }

    /** Why it ended; null while it has not. */
    public IOException endCause() {
        return ended;
    }

    /** Credits that our replies grant: for calls of the peer, whose direction is the other one [1, 49]. */
    public int grant() {
        return initiator ? limits().backwardCredits() : limits().credits();
    }

    /** Credits that our calls ask for, the most that are ever used [49, 108]. */
    public int wanted() {
        return initiator ? limits().credits() : limits().backwardCredits();
    }

    // ---- sending

    /**
     * A context for one outgoing message: fill {@link SendContext#message()}, then give it to who sends it, or back with
     * {@link #abandon}. Any thread.
     */
    public SendContext newContext() {
        SendContext context = device.sendContexts().take();
        contextsInUse.incrementAndGet();
        return context;
    }

    /** Gives back a context that was not sent. */
    public void abandon(SendContext context) {
        done(context);
    }

    /** The context and everything it holds is free again. */
    public void done(SendContext context) {
        device.sendContexts().give(context);
        contextsInUse.decrementAndGet();
    }

    /**
     * Posts the chain that ends with the Send of the inline buffer's first bytes. A provider that throws here has broken its word, and
     * nobody knows what has left: the connection ends.
     *
     * @param many whether it is one of many messages that leave about now, see {@link QueuePair#postSendOfMany}
     */
    public void post(SendContext context, int inlineLength, boolean invalidate, int stag, boolean many) {
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
    public void postFailed(Throwable e) {
        counters.increment(XprtCounter.POST_FAILED, e.toString());
        abort(new PostFailedException("a message to " + remoteAddress() + " could not be posted: " + e + "; the connection is ended", e));
    }

    private WorkRequest finish(SendContext context, int inlineLength, boolean invalidate, int stag) {
        counters.increment(invalidate ? XprtCounter.SENDS_WITH_INVALIDATE : XprtCounter.SENDS);
        active(System.nanoTime());
        return context.finish(inlineLength, invalidate, stag);
    }

    /**
     * Whether one more answer may be queued for this peer; our own calls and those that wait do not count. A peer that sends without
     * reading would make us hold more and more; beyond what its credits explain (answers that left while nobody noted it yet, and as many
     * calls that the peer made since), the connection is closed.
     */
    public boolean mayAnswer() {
        if (contextsInUse.get() - callsPending() <= 2 * (limits().credits() + limits().backwardCredits()) + Limits.SPARE_RECEIVES) {
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

    /** Closes at once. Any thread, idempotent (kernel: {@code rpcrdma_force_disconnect}). */
    public void abort(VerbsException cause) {
        QueuePair qp = queuePair;
        if (qp != null) {
            qp.abort(cause);
        }
    }
}
