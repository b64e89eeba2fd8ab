// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.executor;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Finds out whether the calls of a service are so short that a thread that leads may leave its loop to nobody while it runs one, which
 * saves waking another.
 *
 * <p>It keeps an account of the time for which others may wait by that. Each call that who led has run earns {@link #EARNED_NANOS}. One
 * that is longer than {@link #SHORT_NANOS}, in which a thread could well have been woken, costs its time, but no more than {@link
 * #MOST_LOST_NANOS}: by then the loop's own thread has come. One behind which several came costs as much as the longest: they come
 * side by side, and those that waited had better have threads of their own. Calls are taken to be short while the account would bear the
 * longest; two of these in turn end it. So of a thousand calls one may block. Any thread; an answer may be a call old.
 */
class ShortCalls {

    static final int SHORT_NANOS = (int) TimeUnit.MICROSECONDS.toNanos(60);
    static final int MOST_LOST_NANOS = (int) TimeUnit.MILLISECONDS.toNanos(2);
    static final int EARNED_NANOS = MOST_LOST_NANOS / 1000;

    private static final int MOST_SAVED = 2 * MOST_LOST_NANOS;

    private final AtomicInteger account = new AtomicInteger();

    /** A call has run. */
    void ran(long nanos) {
        int now = account.get();
        if (nanos > SHORT_NANOS) {
            lose(nanos);
        } else if (now < MOST_SAVED) {
            account.compareAndSet(now, now + EARNED_NANOS);
        }
    }

    /** Several calls came behind one for which the loop had been left to nobody. */
    void severalCame() {
        lose(MOST_LOST_NANOS);
    }

    private void lose(long nanos) {
        account.accumulateAndGet((int) Math.min(nanos, MOST_LOST_NANOS), (saved, lost) -> Math.max(0, saved - lost));
    }

    boolean areTheRule() {
        return account.get() >= MOST_LOST_NANOS;
    }
}
