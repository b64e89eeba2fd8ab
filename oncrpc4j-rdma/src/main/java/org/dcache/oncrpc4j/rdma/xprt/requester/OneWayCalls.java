// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.requester;

import java.util.concurrent.ConcurrentLinkedQueue;
import org.dcache.oncrpc4j.rdma.proto.RpcWords;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.Limits;
import org.dcache.oncrpc4j.rdma.xprt.link.Link;
import org.dcache.oncrpc4j.rdma.xprt.send.OutMessage;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one-way calls of one connection: the NULL call behind them that gives their credits back, the flush, and what becomes of each
 * afterwards. When a flush is due is the {@link CreditWindow}'s to say; to send it and to end calls is the {@link Requester}'s.
 *
 * <p>A one-way call is over when it is posted and the flush behind it was answered. One that has a Read chunk keeps the chunk longer, since
 * that answer does not say that it was pulled: until {@link Limits#readTimeout} has passed, or the connection ends.
 *
 * <p>Threads: a flush goes out on whatever thread made it due; its answer comes on the loop; the periodic look is the timer's.
 */
final class OneWayCalls {

    private static final Logger LOG = LoggerFactory.getLogger(OneWayCalls.class);

    private final Link connection;
    private final Requester requester;
    private final CreditWindow credits;
    /** The flush that is out; null while none is. */
    private volatile PendingCall flush;
    /** Program and version of the last one-way call; 0 while there was none. */
    private volatile long program;
    private volatile int lastXid;
    /** Those whose credit is back, but whose Read chunk may still be pulled. */
    private final ConcurrentLinkedQueue<PendingCall> lingering = new ConcurrentLinkedQueue<>();

    OneWayCalls(Link connection, Requester requester, CreditWindow credits) {
        this.connection = connection;
        this.requester = requester;
        this.credits = credits;
    }

    /** One is about to be sent. */
    void prepared(PendingCall call) {
        OutMessage message = call.context().message();
        lastXid = call.xid();
        program = (long) message.getInt(RpcWords.CALL_PROGRAM) << 32 | message.getInt(RpcWords.CALL_PROGRAM_VERSION) & 0xffffffffL;
    }

    boolean isFlush(PendingCall call) {
        return call == flush;
    }

    /** Sends the flush when it is due. Any thread. */
    void flush() {
        if (program == 0 || !credits.takeFlush()) {
            return;
        }
        PendingCall call = newFlush();
        if (call == null) {
            return;
        }
        flush = call;
        connection.counters().increment(XprtCounter.ONE_WAY_FLUSHES);
        if (!requester.send(call, false, true)) {
            requester.notSent(call);
        }
    }

    /** Null when the connection has ended, and without memory for it: its credit is given back then, and the periodic look tries again. */
    private PendingCall newFlush() {
        PendingCall call = null;
        SendContext context = null;
        try {
            // Far from the xids that the program counts up.
            call = requester.registerOwn(lastXid ^ Integer.MIN_VALUE, FlushListener.INSTANCE);
            if (call != null) {
                context = connection.newContext();
                context.message().add(FlushListener.call(call.xid(), program), null);
                context.expected().bound(FlushListener.LARGEST_REPLY);
                call.prepare(context, FlushListener.INSTANCE);
            }
            return call;
        } catch (RuntimeException | Error e) {
            if (call != null) {
                requester.withdraw(call);
            }
            if (context != null) {
                connection.abandon(context);
            }
            credits.flushFailed();
            requester.credit(1, CreditWindow.UNCHANGED);
            LOG.debug("no flush of one-way calls now", e);
            return null;
        }
    }

    /** A call could not be sent, and its credit is back. */
    void notSent(PendingCall call) {
        if (isFlush(call)) {
            flush = null;
            credits.flushFailed();
        }
    }

    /** The flush was answered: what was posted before it has been taken. Returns the credits that come back by this. On the loop. */
    int flushed() {
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
                requester.endUnanswered(call);
            }
        }
        return back;
    }

    /**
     * The periodic look: flushes those that lie around, ends those that lingered for long enough. On the timer's thread.
     *
     * @param now {@link System#nanoTime}
     */
    void patrol(long now) {
        if (program == 0) {
            return;
        }
        credits.flushLater();
        flush();
        for (PendingCall call = lingering.peek(); call != null && call.lingersFor(now) > connection.limits().readTimeout();
                call = lingering.peek()) {
            PendingCall over = lingering.poll();
            if (over == null) {
                break; // the connection has ended just now
            }
            credits.lingers(-over.messageLength());
            connection.queuePair().execute(() -> {
                requester.endUnanswered(over);
                requester.credit(0, CreditWindow.UNCHANGED);
            });
        }
    }

    /** The connection has ended, which ends them as any other. */
    void ended() {
        lingering.clear();
    }
}
