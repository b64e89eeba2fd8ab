// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Finds out whether a loop does little else than to wake one thread after the other that waits for a reply or a call. Such a thread may
 * as well serve the loop itself.
 *
 * <p>It counts the turns in which the network brought something, and the threads that would have served meanwhile. When more than three in
 * four turns had one, the loop's thread may step aside; where that did not last, more turns are asked for the next time, so that a loop
 * with mixed work does not go to and fro. {@link #add} is for any thread, the rest for the loop's own.
 */
final class SoleWaits {

    private static final int FIRST_TURNS = 16;
    private static final int MOST_TURNS = 1 << 10;

    private final AtomicInteger waits = new AtomicInteger();
    private int turnsNeeded = FIRST_TURNS;
    private int turns;

    /** A thread waits for a reply or a call and does not serve. */
    void add() {
        waits.getAndIncrement();
    }

    /** A turn in which the network brought something is over. @return whether there was one who waits in most of the last ones */
    boolean turn() {
        if (++turns < turnsNeeded) {
            return false;
        }
        int seen = waits.getAndSet(0);
        boolean most = seen > turns - turns / 4;
        turns = 0;
        return most;
    }

    /** @param served how often others have served while the loop's thread stood aside */
    void steppedBack(int served) {
        turnsNeeded = served < turnsNeeded ? Math.min(2 * turnsNeeded, MOST_TURNS) : FIRST_TURNS;
        turns = 0;
        waits.set(0);
    }
}
