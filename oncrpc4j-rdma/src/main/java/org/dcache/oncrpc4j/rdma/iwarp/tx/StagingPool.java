// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.tx;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;

/**
 * Lends {@link Staging} areas to connections that are just sending; an idle connection holds none. Any thread.
 *
 * <p>The first area of a batch is granted whatever the bound and the adapter's budget say, so that every connection can make progress;
 * further ones only while less than the bound is lent out, and new ones only as the budget allows: peers that do not read must not pile up
 * memory.
 *
 * <p>Some areas are made at the start. A loop never makes one, since to allocate may take long: when none lies ready it is told null, also
 * for a first one, and waits with {@link #await} for the helper thread, which makes the next one already when the last is lent. Other
 * threads make what they need themselves, and wait in the same way when there is no direct memory for it.
 */
public final class StagingPool {

    private static final int KEEP = 32;
    private static final int AT_START = 2;

    private final MemoryBudget budget;
    private final Executor helper;
    private final int bound;
    private final ArrayDeque<Runnable> waiters = new ArrayDeque<>();
    private Staging free;
    private int kept;
    private int lent;
    private boolean growing;

    /**
     * @param bytes that may be lent out before batches are kept small
     * @param helper runs what may block; in the caller's thread only if the system has no other
     */
    public StagingPool(MemoryBudget budget, long bytes, Executor helper) {
        this.budget = budget;
        this.helper = helper;
        bound = (int) Math.max(4, Math.min(Integer.MAX_VALUE, bytes / Staging.SIZE));
        for (int i = 0; i < AT_START; i++) {
            keep(make(true));
        }
    }

    /**
     * @return null when {@code first} is false and the bound is reached, when the JVM has no direct memory, and on a loop when none lies
     *       ready
     */
    public Staging borrow(boolean first) {
        Staging staging;
        boolean grow;
        synchronized (this) {
            if (!first && lent >= bound) {
                return null;
            }
            staging = free;
            if (staging != null) {
                free = staging.next;
                staging.next = null;
                kept--;
                lent++;
            }
            grow = kept == 0 && !growing && (staging == null ? HelperThread.isLoop() : lent < bound);
            growing |= grow;
        }
        if (grow) {
            helper.execute(() -> grow(staging == null));
        }
        if (staging != null || HelperThread.isLoop()) {
            return staging;
        }
        Staging fresh = tryMake(first);
        if (fresh != null) {
            synchronized (this) {
                lent++;
            }
        }
        return fresh;
    }

    /**
     * Null also when the JVM has no direct memory: who waits tries again, when the JVM has given up its own search for memory, which takes
     * a while.
     */
    private Staging tryMake(boolean needed) {
        try {
            return make(needed);
        } catch (OutOfMemoryError e) {
            return null;
        }
    }

    /** Runs {@code retry} once when there may be an area again, on any thread; it must only pass on. */
    public void await(Runnable retry) {
        boolean grow;
        synchronized (this) {
            waiters.add(retry);
            grow = free == null && !growing;
            growing |= grow;
        }
        if (grow) {
            helper.execute(() -> grow(true));
        } else {
            wake();
        }
    }

    private void grow(boolean needed) {
        Staging staging = tryMake(needed);
        boolean missed;
        synchronized (this) {
            if (staging != null) {
                keep(staging);
            }
            missed = staging == null && !needed && !waiters.isEmpty();
            growing = missed;
        }
        if (missed) {
            // Somebody began to wait while it was only asked for ahead.
            grow(true);
        } else if (staging != null || needed) {
            wakeAll();
        }
    }

    /** Null when it is not needed and the budget is used up. */
    private Staging make(boolean needed) {
        if (!budget.tryReserve(Staging.SIZE)) {
            if (!needed) {
                return null;
            }
            budget.reserveAnyway(Staging.SIZE);
        }
        Staging staging = null;
        try {
            staging = new Staging();
        } finally {
            if (staging == null) {
                budget.release(Staging.SIZE);
            }
        }
        return staging;
    }

    private void keep(Staging staging) {
        staging.next = free;
        free = staging;
        kept++;
    }

    public void giveBack(Staging staging) {
        synchronized (this) {
            lent--;
            staging.reset();
            if (kept < KEEP) {
                keep(staging);
            } else {
                budget.release(Staging.SIZE);
            }
            if (waiters.isEmpty()) {
                return;
            }
        }
        wake();
    }

    /** One area is there for one of those who wait. */
    private void wake() {
        Runnable waiter;
        synchronized (this) {
            waiter = free == null ? null : waiters.poll();
        }
        if (waiter != null) {
            waiter.run();
        }
    }

    private void wakeAll() {
        while (true) {
            Runnable waiter;
            synchronized (this) {
                waiter = waiters.poll();
            }
            if (waiter == null) {
                return;
            }
            waiter.run();
        }
    }

    /** Areas lent out now. */
    public synchronized int lent() {
        return lent;
    }
}
