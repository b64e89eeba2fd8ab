// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything of one adapter that can call back: its listeners, handshakes and connections, each from before its first callback until after
 * its last; or the handshakes of one listener.
 *
 * <p>{@link #close} tells each member, waits until none is left, and only then frees what they used: so no callback comes after it, whoever
 * calls it and however often. Who is added while that is under way is refused, but a handshake may still {@linkplain #replace become} its
 * connection, which is told as well. Any thread; members are told without the lock, and one that never removes itself holds up the close
 * for ever.
 */
public final class Members {

    /** Something that must have ended before its adapter has. */
    public interface Member {
        /**
         * The adapter closes: ends itself, now or soon, and removes itself after its last callback. On the closer's thread; may come more
         * than once, and at any time.
         */
        void adapterClosed();
    }

    private static final Logger LOG = LoggerFactory.getLogger(Members.class);

    private final Set<Member> members = new HashSet<>();

    // guarded by members
    private boolean closing;
    private boolean freeing;
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

    /** How many there are now. */
    public int count() {
        synchronized (members) {
            return members.size();
        }
    }

    /** Tells all members to end and takes no more, but waits for none: for who is a loop. Idempotent. */
    public void end() {
        List<Member> told;
        synchronized (members) {
            told = closing ? List.of() : List.copyOf(members);
            closing = true;
        }
        for (Member member : told) {
            try {
                member.adapterClosed();
            } catch (Throwable e) {
                LOG.error("{} could not be told to end", member, e);
            }
        }
    }

    /**
     * Ends all members and then frees what they used. A second call waits until the first is through. Not from a callback, since it waits
     * for them to end; an interrupt does not end the wait but is kept for the caller to see.
     *
     * @param free runs once, when no member is left
     */
    public void close(Runnable free) {
        end();
        boolean interrupted = await(members::isEmpty);
        boolean first;
        synchronized (members) {
            first = !freeing;
            freeing = true;
        }
        try {
            if (first) {
                free.run();
            } else {
                interrupted |= await(() -> closed);
            }
        } finally {
            synchronized (members) {
                closed |= first;
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
