// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.executor;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.Leadable;

/**
 * Threads of a service's pool that serve a connection's loop while they wait for the next call (the pattern is known as Leader/Followers).
 *
 * <p>A thread that has run a call that was handed to it leads the loop, if nothing waits for the pool. The first call that comes it keeps;
 * it gives the pool a task to lead in its place, and runs what it has kept, in the task that it has. So no call waits for a thread to wake.
 * Other calls of the same moment are handed over as ever. Without a call it leads for one or two milliseconds, then the loop's own thread
 * does again; so it does at once when all threads of the pool have calls of this service. Where they have tasks of others, which are not
 * known here, it may take as long.
 *
 * <p>Where calls are short ({@link ShortCalls}) and come one at a time, it leaves the loop to nobody while it runs one, and then leads
 * again: one thread serves call after call, and wakes no other. If a call is long all the same, the loop's own thread comes in a
 * millisecond or two, and what comes for threads that are free waits until then. If the thread has something else to do than to lead
 * again, it comes behind the call.
 *
 * <p>A program should not notice that one of its threads leads. So that is only done in pools of the JDK with two core threads at least,
 * which stay, and a queue without bounds, for which one task more makes no difference; and only when these threads are all made, as they
 * are after as many calls: one that a pool makes for a task of ours would inherit what a call left behind. All threads of such a pool can
 * run calls at a time, the one that leads included. A call that finds none free has a leader's; tasks that others give to the pool have
 * it, at the latest, after the time above. A pool that is shut down runs no call that comes later. Calls that wait are not overtaken. A
 * call sees nothing of an interrupt that the one before it left.
 *
 * <p>The methods are for the pool's threads and, where that is said, loops.
 */
final class LeadingWorkers {

    private static final long IDLE_MILLIS = 1;

    /** Of a thread that leads. Removed when it does not: its class must not stay with threads of a program. */
    private static final ThreadLocal<Term> TERM = new ThreadLocal<>();

    /** Null when the service's executor is none whose threads may lead. */
    private final ThreadPoolExecutor pool;
    private final Counters counters;
    private final Predicate<Leadable> follower;
    private final ShortCalls shortCalls;
    /** Tasks of ours that the pool has, from before they are given until they end. */
    private final AtomicInteger tasks = new AtomicInteger();
    /** How many threads the pool had when it had all. */
    private volatile int made;
    /** Loops that are led, by who leads. */
    private final Map<Term, Leadable> led = new ConcurrentHashMap<>();

    /** @param follower gives the pool a task that calls {@link #lead}, and tells whether it could */
    LeadingWorkers(ExecutorService executor, Counters counters, ShortCalls shortCalls, Predicate<Leadable> follower) {
        this.pool = executor.getClass() == ThreadPoolExecutor.class && mayLead((ThreadPoolExecutor) executor)
                ? (ThreadPoolExecutor) executor : null;
        this.counters = counters;
        this.shortCalls = shortCalls;
        this.follower = follower;
    }

    private static boolean mayLead(ThreadPoolExecutor pool) {
        return Executors.isUnbounded(pool) && Executors.threads(pool) > 1;
    }

    boolean any() {
        return pool != null;
    }

    /** A task is about to be given to the pool. Any thread. */
    void given() {
        tasks.incrementAndGet();
    }

    /** The pool has it. If no thread is free for it, those that lead have it. Any thread. */
    void taken() {
        if (pool != null && tasks.get() > Executors.threads(pool)) {
            led.values().forEach(Leadable::wakeLoop);
        }
    }

    /** It has ended, or could not be given. Any thread. */
    void ended() {
        tasks.decrementAndGet();
    }

    /** On a loop: whether the calling thread leads it for this service and runs the call itself, soon. @param from the call's loop */
    boolean keep(FairQueue.Work call, Leadable from, FairQueue waiting) {
        Term term = pool == null ? null : TERM.get();
        if (term == null || term.of() != this) {
            return false;
        }
        term.came();
        if (term.call != null || pool.isShutdown() || !waiting.isEmpty()) {
            return false;
        }
        term.call = call;
        term.from = from;
        return true;
    }

    /**
     * In a thread of the pool that has nothing to do: leads the loop if that is of use, and runs the call that comes; if that was short,
     * again.
     *
     * @return false when it did not lead
     */
    boolean lead(Leadable loop) {
        boolean led = false;
        Leadable left = null;
        try {
            for (Leadable next = loop; next != null && mayServe(next); next = left) {
                Term term = new Term(left != null);
                left = null;
                try {
                    led |= serve(next, term);
                } finally {
                    left = term.left;
                    term.end();
                }
            }
        } finally {
            // Also when the call has thrown.
            if (left != null) {
                left.keepServed();
            }
        }
        return led;
    }

    private boolean mayServe(Leadable loop) {
        return isComplete() && isFree() && !loop.isServed();
    }

    /** Whether the pool has nothing else for its threads. */
    private boolean isFree() {
        return pool.getQueue().isEmpty() && !pool.isShutdown();
    }

    private boolean serve(Leadable loop, Term term) {
        clearInterrupt();
        try {
            TERM.set(term);
            led.put(term, loop);
            return loop.serveNext(IDLE_MILLIS, term, term::isLeft);
        } finally {
            led.remove(term);
            TERM.remove();
        }
    }

    /** Whether threads of the pool may lead, and it makes none any more for a task that it is given, because it has all. Any thread. */
    boolean isComplete() {
        if (pool == null || pool.allowsCoreThreadTimeOut()) {
            return false;
        }
        int threads = Executors.threads(pool);
        if (made != threads) {
            if (pool.getPoolSize() < threads) {
                return false;
            }
            made = threads;
        }
        return true;
    }

    /** As the pool does before each of its tasks. */
    private void clearInterrupt() {
        if (Thread.interrupted() && pool.isShutdown()) {
            Thread.currentThread().interrupt();
        }
    }

    /** One thread's time as leader. Supplies whether that is over. */
    private final class Term implements BooleanSupplier {

        /** Before this the loop was left to nobody by the same thread. */
        private final boolean wasLeft;
        private final long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(IDLE_MILLIS);
        /** How many have come. */
        private int calls;
        private FairQueue.Work call;
        private Leadable from;
        private boolean followed;
        /** The loop that is left to nobody while the call runs, or null. */
        private Leadable left;

        Term(boolean wasLeft) {
            this.wasLeft = wasLeft;
        }

        LeadingWorkers of() {
            return LeadingWorkers.this;
        }

        @Override
        public boolean getAsBoolean() {
            return call != null || System.nanoTime() - until >= 0 || !isFree();
        }

        void came() {
            calls++;
            if (calls == 2 && wasLeft) {
                shortCalls.severalCame();
            }
        }

        /**
         * Whether the loop's own thread need not come back: this one does, which has a short call to run, or there is another thread for
         * the loop.
         */
        boolean isLeft() {
            left = call != null && calls == 1 && shortCalls.areTheRule() && isFree() ? from : null;
            followed = call != null && left == null && tasks.get() < Executors.threads(pool);
            return left != null || followed;
        }

        void end() {
            if (call == null) {
                return;
            }
            try {
                // Who leads another loop may have counted on the same thread.
                if (followed && (!follower.test(from) || tasks.get() > Executors.threads(pool))) {
                    from.keepServed();
                }
                counters.increment(XprtCounter.CALLS_NOT_HANDED_OVER);
                clearInterrupt();
            } finally {
                long start = System.nanoTime();
                try {
                    call.run();
                } finally {
                    shortCalls.ran(System.nanoTime() - start);
                }
            }
        }
    }
}
