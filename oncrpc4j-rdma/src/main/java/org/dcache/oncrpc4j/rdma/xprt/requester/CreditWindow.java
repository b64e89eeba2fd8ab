// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.requester;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.xprt.error.BacklogFullException;
import org.dcache.oncrpc4j.rdma.xprt.link.Limits;

/**
 * The credits of one connection for calls of ours, and the calls that wait for one (kernel: {@code xprt_request_get_cong} and the RPC task
 * queue). It decides who goes next; it sends nothing. Any thread; its monitor is held for short moves only.
 *
 * <p>Calls go in the order in which they were given. So one thread at a time sends those that have waited, one after the other, and until
 * it has found no more, others wait behind them, whatever credits there are. One goes out on a new connection until the first reply has
 * brought a grant [3]. What waits is bounded by memory, not by a count, since programs queue very many calls over TCP: a thread that may
 * wait gets room when some is free; others, and one for which no reply has made room for {@link Limits#givenUpTimeout}, are told that there
 * is none.
 *
 * <p>One-way calls are never answered, and a credit comes back by a reply only. So a NULL call is sent behind them, the flush: a receiver
 * takes messages in order, and its reply says that all one-way calls posted before it have been taken, which gives back their credits. It
 * is due when they hold half of the window, when nothing else could bring a credit to those who wait, and when they have been out for a
 * while ({@link #flushLater}). One credit is left to it. On a connection without a grant it goes before the first one-way call, to learn
 * the grant; where one-way calls alone fill the window (the grant is one call, or has shrunk) it is sent beyond the grant, since nothing
 * else could ever be sent again.
 *
 * <p>A one-way call whose Read chunk may still be pulled lingers after its flush, without a credit. Further one-way calls wait while such
 * ones hold more than half of the memory for waiting calls.
 */
final class CreditWindow {

    /** For {@link #back}: the grant stays as it is. */
    static final int UNCHANGED = 0;

    /**
     * With more calls in flight than this, more are about to leave: with fewer, leaving them to the loop was measured to cost more than it
     * saves.
     */
    private static final int BATCHING_THRESHOLD = 8;

    /** What a waiting call takes besides its message: its context, its header's lists, what the caller waits in; bytes. */
    private static final int OVERHEAD = 2048;

    /** What becomes of a call. */
    enum Admission {
        /** It has a credit. */
        SEND,
        /** It has a credit, and more calls are about to leave. */
        SEND_OF_MANY,
        /** It waits for a credit. */
        WAITS,
        /** No room to wait. */
        FULL,
        /** It was given up in the meantime, or the connection has ended. */
        OVER
    }

    private final Limits limits;

    // guarded by this
    /** In order; a call that is given up is found at once. */
    private LinkedHashSet<PendingCall> backlog = new LinkedHashSet<>();
    private long waitingBytes;
    private long lingeringBytes;
    private int window = 1;
    private boolean granted;
    private int inFlight;
    private long answers;
    private int sleepers;
    /** A thread sends what waited. */
    private boolean draining;
    private boolean ended;
    /** One-way calls posted since the last flush. */
    private List<PendingCall> oneWay = new ArrayList<>();
    /** Those that the flush under way stands behind. */
    private List<PendingCall> covered = List.of();
    private boolean flushing;
    private boolean flushAsked;
    /** The first one-way call at the last look. */
    private PendingCall lookedAt;
    /** Not tried again before the next look. */
    private boolean flushFailed;
    /** For {@link #stuckFor}. */
    private long stuckAnswers = -1;
    private long stuckSince;

    CreditWindow(Limits limits) {
        this.limits = limits;
    }

    synchronized int size() {
        return window;
    }

    private boolean fits(PendingCall call) {
        int kept = window > 1 && !flushing && (call.isOneWay() || !oneWay.isEmpty()) ? 1 : 0;
        return inFlight + kept < window && (!call.isOneWay() || granted && lingeringBytes <= limits.backlog() / 2);
    }

    /**
     * Takes a call that is registered.
     *
     * @param mayBlock whether this thread may be made to wait for room
     */
    Admission admit(PendingCall call, boolean mayBlock) {
        Admission atOnce = atOnce(call);
        if (atOnce != null) {
            return atOnce;
        }
        // Copies; not under the monitor, which the loop needs for each reply.
        call.willWait();
        return enqueue(call, mayBlock);
    }

    /** Null when it has to wait. */
    private synchronized Admission atOnce(PendingCall call) {
        if (ended || call.state() != CallState.State.REGISTERED) {
            return Admission.OVER;
        }
        if (draining || !backlog.isEmpty() || !fits(call)) {
            return null;
        }
        return ++inFlight > BATCHING_THRESHOLD ? Admission.SEND_OF_MANY : Admission.SEND;
    }

    private synchronized Admission enqueue(PendingCall call, boolean mayBlock) {
        long seen = answers;
        long begin = 0;
        while (true) {
            Admission atOnce = atOnce(call);
            if (atOnce != null) {
                return atOnce;
            }
            if (waitingBytes == 0 || waitingBytes + call.messageLength() + OVERHEAD <= limits.backlog()) {
                // First, since there may be no memory for it.
                backlog.add(call);
                if (!call.queued()) {
                    backlog.remove(call);
                    return Admission.OVER;
                }
                waitingBytes += call.messageLength() + OVERHEAD;
                return Admission.WAITS;
            }
            long now = System.nanoTime();
            if (begin == 0 || answers != seen) {
                begin = now;
                seen = answers;
            }
            long left = TimeUnit.MILLISECONDS.toNanos(limits.givenUpTimeout()) - (now - begin);
            if (!mayBlock || left <= 0 || !sleep(left)) {
                return Admission.FULL;
            }
        }
    }

    /** False when interrupted; the interrupt is kept. */
    private boolean sleep(long nanos) {
        sleepers++;
        try {
            TimeUnit.NANOSECONDS.timedWait(this, nanos);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            sleepers--;
        }
    }

    /**
     * For who sends what waits, and has sent the one before: the next one that has a credit. Null when there is none; then it is done, and
     * others may go on.
     */
    synchronized PendingCall next() {
        PendingCall call = backlog.isEmpty() ? null : backlog.iterator().next();
        draining = call != null && fits(call);
        if (!draining) {
            return null;
        }
        backlog.remove(call);
        inFlight++;
        left(call);
        return call;
    }

    /** As {@link #next}, when the one before was not sent: its credit is back. */
    synchronized PendingCall nextInstead() {
        inFlight--;
        return next();
    }

    /** Who sent what waits does so no more, since something was thrown. */
    synchronized void drainingFailed() {
        draining = false;
    }

    private void left(PendingCall call) {
        waitingBytes -= call.messageLength() + OVERHEAD;
        wake();
    }

    /** Threads that wait for room look again. */
    private void wake() {
        if (sleepers > 0) {
            notifyAll();
        }
    }

    /**
     * Credits came back, and perhaps a grant.
     *
     * @return as {@link #next} for the caller, who sends what waits from now on; null, too, when somebody else is at it
     */
    synchronized PendingCall back(int credits, int grant) {
        inFlight -= credits;
        if (grant != UNCHANGED) {
            window = grant;
            granted = true;
            answers++;
        }
        return draining ? null : next();
    }

    /**
     * Takes a call that is given up out of the queue; false when it is not in it. Its thread, which may wait for room, has no more reason
     * to.
     */
    synchronized boolean remove(PendingCall call) {
        boolean removed = backlog.remove(call);
        if (removed) {
            left(call);
        } else {
            wake();
        }
        return removed;
    }

    /** Nothing goes any more. Returns what waited, which is the caller's. */
    synchronized Collection<PendingCall> end() {
        ended = true;
        Collection<PendingCall> waiting = backlog;
        backlog = new LinkedHashSet<>();
        waitingBytes = 0;
        oneWay.clear();
        notifyAll();
        return waiting;
    }

    // ---- one-way calls

    /** A one-way call holds memory though its credit is back (positive), or no more (negative); bytes. */
    synchronized void lingers(int bytes) {
        lingeringBytes += bytes;
    }

    /** A one-way call was answered after all. */
    synchronized void answered(PendingCall call) {
        oneWay.remove(call);
    }

    /** A one-way call is posted. One that was answered already holds no credit. */
    synchronized void posted(PendingCall call) {
        if (call.state() != CallState.State.DONE) {
            oneWay.add(call);
        }
    }

    /** Whether a flush must be sent now; it has a credit then. */
    synchronized boolean takeFlush() {
        if (ended || flushing || flushFailed) {
            return false;
        }
        boolean first = !granted && inFlight == 0 && !backlog.isEmpty();
        boolean due = !oneWay.isEmpty() && (2 * oneWay.size() >= window || flushAsked || !backlog.isEmpty() && inFlight <= oneWay.size());
        if (!first && !due || inFlight >= window && inFlight > oneWay.size()) {
            return false;
        }
        flushing = true;
        flushAsked = false;
        covered = oneWay;
        oneWay = new ArrayList<>();
        inFlight++;
        return true;
    }

    /** The periodic look: one-way calls that were there at the last look already shall be flushed. */
    synchronized void flushLater() {
        flushAsked = !oneWay.isEmpty() && oneWay.get(0) == lookedAt;
        lookedAt = oneWay.isEmpty() ? null : oneWay.get(0);
        flushFailed = false;
    }

    /** The flush was answered. Returns the one-way calls that were posted before it. */
    synchronized List<PendingCall> flushed() {
        List<PendingCall> taken = covered;
        covered = List.of();
        flushing = false;
        return taken;
    }

    /** The flush could not be sent; its credit is still to be given back. */
    synchronized void flushFailed() {
        flushFailed = true;
        oneWay.addAll(0, flushed());
    }

    // ---- the periodic look

    /**
     * How long the window has been full without a reply, nanoseconds; 0 when it is not.
     *
     * @param now {@link System#nanoTime}
     */
    synchronized long stuckFor(long now) {
        if (ended || inFlight < window) {
            stuckAnswers = -1;
            return 0;
        }
        if (stuckAnswers != answers) {
            stuckAnswers = answers;
            stuckSince = now;
        }
        return now - stuckSince;
    }

    /** Why a call has no room, for {@link Admission#FULL}. */
    IOException full(Object remote) {
        return new BacklogFullException("calls that wait for credits of " + remote + " take " + limits.backlog()
                + " bytes already, and no room was made; raise oncrpc.rdma.backlog, or make fewer calls at once");
    }
}
