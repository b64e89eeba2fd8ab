// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.requester;

import java.util.concurrent.CompletableFuture;

/**
 * Where one call of ours stands, and what an event makes due: its moves alone, without any effect. {@link Requester} does what is due.
 *
 * <pre>
 * REGISTERED --queued--> WAITING                      end, abandon: DONE
 *     |                     |
 *     +--------build--------+--> BUILDING --arm--> POSTING --posted--> SENT
 *                                   |                |                  |--abandon--> ABANDONED (answered: late)
 *                                   +--refused--+    +----answered------+--answered, end--> DONE
 * </pre>
 *
 * <p>Any thread; a move is one step under the call's own monitor, so one of two that meet comes first and the other sees what it did.
 * Whoever is told what is {@link Due} does it, and nobody else: so the peer's access is ended once, and the caller hears of one end. What
 * happens while a thread builds or posts the call is left to that thread: the bits {@code abandon} and {@code end} wait for {@link #posted}
 * or {@link #refused}.
 *
 * <p>Who gives a call up may wait until the peer can no longer reach its memory, or only memory that is ours alone ({@link KeptCalls}). It
 * waits for {@link #fenced}, which whoever ends the access or keeps the call calls on each path; a move that lets somebody wait is followed
 * by such a path.
 */
class CallState {

    enum State {
        /** Known, not given to us for sending yet. */
        REGISTERED,
        /** Waits for a credit. */
        WAITING,
        /** A thread is exposing memory and encoding it. No reply can be meant for it. */
        BUILDING,
        /** Built; a thread is posting it, and the reply may come. */
        POSTING,
        /** The Send is posted. */
        SENT,
        /** Over for its caller; the reply has not come. */
        ABANDONED,
        /** Over. */
        DONE
    }

    /** What a move makes due. */
    enum Due {
        /** Nothing, or somebody else has it to do. */
        NOTHING,
        /** It was not sent and will not be: it leaves the books. */
        WITHDRAW,
        /** The thread that sends it ends the peer's access; who gave it up may wait for that. */
        WAIT,
        /** The peer's access ends, or the call is kept; its xid and credit stay taken. */
        GIVE_UP,
        /** Its listener hears that it failed. */
        FAIL,
        /** The peer's access ends, then its listener hears that it failed. */
        FENCE_AND_FAIL
    }

    /** What a message that names the call is. */
    enum Answer {
        /** No answer to it can have been sent: it has not left, or was answered. */
        UNEXPECTED,
        /** Its caller has given it up. */
        LATE,
        /** It is over, with this. */
        WANTED
    }

    private State state = State.REGISTERED;
    private boolean abandonAsked;
    private boolean endAsked;
    /** Null while nobody has given it up. */
    private CompletableFuture<Void> fenced;

    final synchronized State state() {
        return state;
    }

    private boolean isUnsent() {
        return state == State.REGISTERED || state == State.WAITING;
    }

    private boolean isWithSender() {
        return state == State.BUILDING || state == State.POSTING;
    }

    /** Whether it leaves or has left, and its caller waits for the reply. */
    final synchronized boolean isOut() {
        return state == State.SENT || isWithSender();
    }

    /** It waits for a credit; false when it was given up. */
    final synchronized boolean queued() {
        if (state != State.REGISTERED) {
            return false;
        }
        state = State.WAITING;
        return true;
    }

    /** The calling thread sends it; false when it is over. */
    final synchronized boolean build() {
        if (!isUnsent()) {
            return false;
        }
        state = State.BUILDING;
        return true;
    }

    /** It is built; from here on a reply can be meant for it. By who builds it. */
    final synchronized void arm() {
        state = State.POSTING;
    }

    /** It could not be built: it is over. By who builds it; who gave it up in the meantime waits for the fence. */
    final synchronized void refused() {
        state = State.DONE;
    }

    /** It is posted. By who posts it, who does what was asked for in the meantime: {@link Due#GIVE_UP} or {@link Due#FENCE_AND_FAIL}. */
    final synchronized Due posted() {
        if (state != State.POSTING) {
            return Due.NOTHING; // its reply was quicker
        }
        state = abandonAsked ? State.ABANDONED : endAsked ? State.DONE : State.SENT;
        return abandonAsked ? Due.GIVE_UP : endAsked ? Due.FENCE_AND_FAIL : Due.NOTHING;
    }

    /** A message names it. */
    final synchronized Answer answered() {
        if (state == State.POSTING || state == State.SENT) {
            state = State.DONE;
            return Answer.WANTED;
        }
        return state == State.ABANDONED ? Answer.LATE : Answer.UNEXPECTED;
    }

    /**
     * Its caller gives it up: {@link Due#WITHDRAW}, {@link Due#GIVE_UP}, {@link Due#WAIT}, or nothing when it is over or was given up by
     * somebody else.
     */
    final synchronized Due abandon() {
        if (isUnsent()) {
            state = State.DONE;
            return Due.WITHDRAW;
        }
        if (abandonAsked || state != State.SENT && !isWithSender()) {
            return Due.NOTHING;
        }
        fenced = new CompletableFuture<>();
        if (state == State.SENT) {
            state = State.ABANDONED;
            return Due.GIVE_UP;
        }
        abandonAsked = true;
        return Due.WAIT;
    }

    /**
     * Its connection has ended: {@link Due#FAIL}, {@link Due#FENCE_AND_FAIL}, or nothing when it is over, or the thread that sends it has
     * it to do.
     */
    final synchronized Due end() {
        if (isUnsent()) {
            state = State.DONE;
            return Due.FAIL;
        }
        endAsked = isWithSender();
        if (state != State.SENT) {
            return Due.NOTHING;
        }
        state = State.DONE;
        return Due.FENCE_AND_FAIL;
    }

    /**
     * Waits until the peer can no longer reach it; for who was told {@link Due#WAIT} or {@link Due#GIVE_UP}. Not cut short by an interrupt,
     * which stays set.
     */
    final void awaitFenced() {
        fenced.join();
    }

    /** Runs this when the peer can no longer reach it, in the thread that ended that, or now; for who may {@link #awaitFenced}. */
    final void whenFenced(Runnable then) {
        fenced.thenRun(then);
    }

    /** The peer can no longer reach it, or only memory that is ours alone. */
    final void fenced() {
        CompletableFuture<Void> waitedFor;
        synchronized (this) {
            waitedFor = fenced;
        }
        if (waitedFor != null) {
            waitedFor.complete(null);
        }
    }
}
