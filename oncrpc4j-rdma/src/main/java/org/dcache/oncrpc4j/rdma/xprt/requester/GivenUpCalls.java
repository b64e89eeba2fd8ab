// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.requester;

import java.util.function.Consumer;
import java.util.function.Predicate;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.error.CallWithdrawnException;
import org.dcache.oncrpc4j.rdma.xprt.error.CreditsExhaustedException;
import org.dcache.oncrpc4j.rdma.xprt.link.Limits;
import org.dcache.oncrpc4j.rdma.xprt.link.Link;

/**
 * How the calls of one connection are given up by their callers: time-out, cancel. The connection's {@link Requester} owns it and shares
 * its books and its credits with it.
 *
 * <p>A call that has not left is withdrawn: it leaves the books and the backlog, and the handler of its send is told. One that has left
 * stays on the books with its xid and its credit, since the peer still works on it, until the peer answers or the connection ends. What it
 * offered stays too where that is ours alone ({@link KeptCalls}); else the peer's access ends before the caller goes on.
 *
 * <p>Any thread gives up. First comes the move of {@link CallState}, which says to one thread alone what is due; then what is due is done:
 * a withdrawal by that thread, the rest on the loop, where exposures end. If a thread is just sending the call, that one does it when it
 * has posted ({@link #giveUp}). Last the caller goes on, who was waiting for {@link CallState#fenced} or left word.
 *
 * <p>It fails by ending the connection: when all credits are held by given-up calls and no reply comes for {@link Limits#givenUpTimeout},
 * nothing can be sent any more. A Linux client does so as well: who reconnects goes on. When there is no loop any more there is nobody who
 * could reach the memory either, and callers go on at once.
 */
final class GivenUpCalls {

    private static final String GIVEN_UP = "given up by its caller";

    private final Link connection;
    private final PendingCalls calls;
    private final CreditWindow credits;
    private final KeptCalls kept;

    GivenUpCalls(Link connection, PendingCalls calls, CreditWindow credits) {
        this.connection = connection;
        this.calls = calls;
        this.credits = credits;
        this.kept = new KeptCalls(connection);
    }

    /** See {@link Requester#abandon(int)}. */
    ReplyListener abandon(int xid) {
        PendingCall call = calls.get(xid);
        if (call == null) {
            return null;
        }
        switch (abandon(call)) {
            case WITHDRAW -> {
                return call.listener();
            }
            case NOTHING -> {
                return null;
            }
            default -> {
                if (!connection.queuePair().inLoop()) {
                    call.awaitFenced();
                }
                return call.state() == CallState.State.ABANDONED ? call.listener() : null;
            }
        }
    }

    /** See {@link Requester#abandon(int, Consumer)}. */
    void abandon(int xid, Consumer<ReplyListener> then) {
        PendingCall call = calls.get(xid);
        if (call == null) {
            return;
        }
        switch (abandon(call)) {
            case WITHDRAW -> then.accept(call.listener());
            case NOTHING -> {}
            default -> call.whenFenced(() -> {
                if (call.state() == CallState.State.ABANDONED) {
                    then.accept(call.listener());
                }
            });
        }
    }

    private CallState.Due abandon(PendingCall call) {
        CallState.Due due = call.abandon();
        if (due == CallState.Due.WITHDRAW) {
            calls.remove(call);
            // Whoever takes it out of the backlog owns its context.
            if (credits.remove(call)) {
                call.record(GIVEN_UP);
                connection.abandon(call.context());
                call.sendListener().failed(new CallWithdrawnException(call.xid()), connection.queuePair().inLoop());
            }
        } else if (due == CallState.Due.GIVE_UP) {
            giveUp(call);
        }
        return due;
    }

    /** One that has left, and whose state says that this is due. By the thread that was told so. */
    void giveUp(PendingCall call) {
        call.record(GIVEN_UP);
        call.onLoop(() -> keepOrFence(call));
    }

    /** What a call that was given up offered stays until its answer, or its peer's access ends here. On the loop. */
    private void keepOrFence(PendingCall call) {
        // The answer, or the end of the connection, may have been quicker.
        boolean onTheBooks = calls.get(call.xid()) == call;
        if (onTheBooks && kept.keep(call)) {
            connection.counters().increment(XprtCounter.KEPT_ABANDONED);
            call.fenced();
        } else {
            connection.counters().increment(XprtCounter.FENCED_ABANDONED);
            call.fenceAndDrop(null, () -> {});
        }
    }

    /**
     * A call that may have been given up has left the books: if it was kept, the peer's access ends now, and its memory is given back. On
     * the loop.
     *
     * @param by its answer, if it may have invalidated what the call exposed, or null
     */
    void leaves(PendingCall call, ReceiveBuffer by) {
        if (kept.drop(call)) {
            call.fenceAndDrop(by, () -> {});
        }
    }

    /**
     * Ends a connection all of whose credits are held by given-up calls, for too long. On the timer's thread.
     *
     * @param now {@link System#nanoTime}
     * @param mayBeAnswered which calls may still bring a credit back, so that nothing is stuck
     * @return whether it was ended
     */
    boolean endIfStuck(long now, Predicate<PendingCall> mayBeAnswered) {
        long millis = credits.stuckFor(now) / 1_000_000;
        if (millis <= connection.limits().givenUpTimeout() || calls.all().stream().anyMatch(mayBeAnswered)) {
            return false;
        }
        connection.counters().increment(XprtCounter.CREDITS_EXHAUSTED);
        connection.abort(new CreditsExhaustedException("all " + credits.size() + " credits of " + connection.remoteAddress()
                + " are held by calls that were given up, and no reply has come for " + millis
                + " ms (oncrpc.rdma.given-up-timeout); the connection is ended"));
        return true;
    }
}
