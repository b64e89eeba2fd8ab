// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.responder;

import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.xprt.ConnectionOwner;
import org.dcache.oncrpc4j.rdma.xprt.link.Limits;
import org.dcache.oncrpc4j.rdma.xprt.link.Link;
import org.dcache.oncrpc4j.rdma.xprt.link.RunAll;

/**
 * The calls of one connection's peer of which we hold something: the one owner of calls that are with a program.
 *
 * <p>A call counts from its arrival until it is answered or its memory has been given up, which for one that the program does not answer is
 * when its dispatch has returned ({@link InboundCall#returned}). A client that sends one-way calls and a NULL behind them has its credits
 * back when the NULL is answered, while calls before it may still be with the program. So at most the grant is with the program at a time,
 * and as many more wait here for their turn, in order: that holds back the NULL behind them and with it the client. More than that is a
 * peer that does not keep to its grant.
 *
 * <p>A call that waits holds no receive: the Read Responses of the one before it may lie behind a message that waits for a receive.
 *
 * <p>For a service that wants its calls in the order of the connection ({@link ConnectionOwner#inOrder}), a call whose Read chunks are
 * being pulled keeps its place.
 *
 * <p>When the connection has ended, calls that came whole still go to the program, as over TCP, but own their memory: what no dispatch
 * looks at is moved off the pools or left to the garbage collector; a dispatch that runs gives its memory back when it returns.
 *
 * <p>Everything happens on the connection's loop, except {@link #left} and what reads the count.
 */
final class OpenCalls {

    /** Below this nobody looks for calls that are over. */
    private static final int FEW = 16;

    private final Link connection;
    private final boolean inOrder;
    private final Consumer<InboundCall> received;
    private final AtomicInteger held = new AtomicInteger();
    /** All that have come whole, and some that are over. */
    private final ArrayDeque<InboundCall> whole = new ArrayDeque<>(FEW);
    /** In the order of their arrival: an {@link InboundCall} that waits, or a {@link CallPull} in the place of its call. */
    private final ArrayDeque<Object> turns = new ArrayDeque<>(FEW);
    /** Held, but not with the program: being pulled, or waiting. */
    private int notGiven;
    /** A call waits until one that is with the program is over. */
    private volatile boolean full;
    private boolean ended;
    private final Runnable serve = this::serve;

    /** @param received who gets the calls */
    OpenCalls(Link connection, boolean inOrder, Consumer<InboundCall> received) {
        this.connection = connection;
        this.inOrder = inOrder;
        this.received = received;
    }

    int size() {
        return held.get();
    }

    /** One more has arrived. False when the peer may not have so many; then it is not counted. */
    boolean arrived() {
        if (held.incrementAndGet() > 2 * connection.grant() + Limits.SPARE_RECEIVES / 4) {
            held.decrementAndGet();
            return false;
        }
        notGiven++;
        return true;
    }

    /** The Reads of a call that has arrived begin. */
    void pulling(CallPull pull) {
        if (inOrder) {
            turns.add(pull);
        }
    }

    /** A call that has arrived will not come whole. */
    void lost(CallPull pull) {
        notGiven--;
        held.decrementAndGet();
        if (turns.remove(pull)) {
            serve();
        }
    }

    /** A call is whole. {@code pull} is null when it came inline. */
    void whole(InboundCall call, CallPull pull) {
        int holding = held.get();
        if (holding == 1) {
            whole.clear();
        } else if (whole.size() > FEW && whole.size() > 2 * holding) {
            whole.removeIf(InboundCall::isOver);
        }
        whole.add(call);
        if (inOrder && pull != null) {
            pull.call(call);
        } else if (turns.isEmpty() && hasRoom()) {
            give(call);
            return;
        } else {
            call.waits();
            turns.add(call);
        }
        serve();
    }

    private boolean hasRoom() {
        return ended || held.get() - notGiven < connection.grant();
    }

    private void give(InboundCall call) {
        notGiven--;
        received.accept(call);
    }

    private void serve() {
        for (Object next = turns.peek(); next != null; next = turns.peek()) {
            InboundCall call = next instanceof CallPull pull ? pull.call() : (InboundCall) next;
            if (call == null) {
                return;
            }
            if (!hasRoom()) {
                full = true;
                if (!hasRoom()) {
                    return;
                }
            }
            turns.remove();
            give(call);
        }
        full = false;
    }

    /** A call is answered, or holds nothing any more. Once for each that came whole, any thread. Returns how many are left. */
    int left() {
        int left = held.decrementAndGet();
        if (full) {
            connection.queuePair().execute(serve);
        }
        return left;
    }

    /** The connection has ended, pulls included. */
    void ended() {
        ended = true;
        RunAll all = new RunAll();
        all.run(this::serve);
        for (InboundCall call : whole) {
            try {
                call.connectionEnded();
            } catch (RuntimeException | Error e) {
                all.threw(e);
            }
        }
        whole.clear();
        all.done();
    }
}
