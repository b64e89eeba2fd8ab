// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Everything of one adapter that can call back: its listeners, handshakes and connections, each from before its first callback until after its last.
 *
 * <p>{@link #close} tells each member, waits until none is left, and only then frees what they used: so no callback comes after it, whoever calls it and however often. Who is
 * added while that is under way is refused, but a handshake may still {@linkplain #replace become} its connection, which is told as well. Any thread; members are told without the
 * lock, and one that never removes itself holds up the close for ever.
 */
public final class Members {

    /** Something that must have ended before its adapter has. */
    public interface Member {
        /** The adapter closes: ends itself, now or soon, and removes itself after its last callback. On the closer's thread; may come more than once, and at any time. */
        void adapterClosed();
    }

    private final Set<Member> members = new HashSet<>();

    // guarded by members
    private boolean closing;
    private boolean closed;

    /** @return false when the adapter is closing: the member must not start */
    public boolean add(Member member) {
        synchronized (members) {
            return !closing && members.add(member);
        }
    }

    /** A handshake has become a connection, which is told if the adapter is closing. */
    public void replace(Member before, Member after) {
        boolean told;
        synchronized (members) {
            members.remove(before);
            members.add(after);
            told = closing;
        }
        if (told) {
            after.adapterClosed();
        }
    }

    /** After its last callback. */
    public void remove(Member member) {
        synchronized (members) {
            members.remove(member);
            if (members.isEmpty()) {
                members.notifyAll();
            }
        }
    }

    /** Those that there are now. */
    public List<Member> now() {
        synchronized (members) {
            return List.copyOf(members);
        }
    }

    /** Whether {@link #close} has begun, so that nobody can be added any more. */
    public boolean isClosing() {
        synchronized (members) {
            return closing;
        }
    }

    /**
     * Ends all members and then frees what they used. A second call waits until the first is through. Not from a callback, since it waits for them to end; an interrupt does not
     * end the wait but is kept for the caller to see.
     *
     * @param free runs once, when no member is left
     */
    public void close(Runnable free) {
        boolean first;
        List<Member> told;
        synchronized (members) {
            first = !closing;
            closing = true;
            told = first ? List.copyOf(members) : List.of();
        }
        told.forEach(Member::adapterClosed);
        boolean interrupted = await(first ? members::isEmpty : () -> closed);
        try {
            if (first) {
                free.run();
            }
        } finally {
            synchronized (members) {
                closed = true;
                members.notifyAll();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** @return whether an interrupt came meanwhile */
    private boolean await(BooleanSupplier condition) {
        boolean interrupted = false;
        synchronized (members) {
            while (!condition.getAsBoolean()) {
                try {
                    members.wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        return interrupted;
    }
}
