// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which thread leads a loop, that is, does its work: the loop's own, or one that waits for a reply or a call and so is woken by the
 * network and not by another thread. One at most.
 *
 * <p>The own thread steps aside when the last turns woke one waiting thread after the other ({@link SoleWaits}). It comes back when there
 * is work while nobody leads, when a leader leaves what is awaited and nobody follows, when somebody else begins to await something
 * ({@link #comeBack}), or when nobody has led for {@link #LOOK_NANOS}. It looks for the latter itself, so that who leads for one reply
 * after the other wakes nobody; while one leader waits for longer than that, the own thread sleeps until that one leaves.
 *
 * <p>No task is lost: who leaves first says so, then looks for work; who brings work first brings it, then looks whether anybody leads. Who
 * begins to await something of the network while a leader is about to leave may be missed, and waits until the own thread looks.
 */
final class Leadership {

    /** How long the own thread sleeps before it looks whether anybody leads. */
    private static final long LOOK_NANOS = 1_000_000;

    /** A thread that others run on as well would hold those up: a virtual one, which the JDK has classes of its own for, or a pool's. */
    private static final ClassValue<Boolean> MAY_LEAD = new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
            return type == Thread.class || !type.getName().startsWith("java.lang.") && !ForkJoinWorkerThread.class.isAssignableFrom(type);
        }
    };

    private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);

    private final Thread own;
    private final BooleanSupplier work;
    private final AtomicReference<Thread> leader;
    private final SoleWaits waits = new SoleWaits();
    /** How often others have led. Written by who leads. */
    private volatile int terms;
    /** Something is awaited, and not by who leads. */
    private volatile boolean leftBehind;
    /** The own thread sleeps until the present leader leaves. */
    private volatile boolean recalled;

    /**
     * The own thread leads.
     *
     * @param work whether there is something to do that does not come from the network
     */
    Leadership(Thread own, BooleanSupplier work) {
        this.own = own;
        this.work = work;
        this.leader = new AtomicReference<>(own);
    }

    /** Whether the calling thread leads. */
    boolean isHere() {
        return leader.get() == Thread.currentThread();
    }

    /** There is work, and who leads may be asleep. Any thread. @return false when nobody leads; the own thread is woken then */
    boolean wake() {
        if (leader.get() == null) {
            LockSupport.unpark(own);
            return false;
        }
        return true;
    }

    /** The calling thread wants to lead, and waits otherwise. Any thread that may wait. */
    boolean take() {
        Thread caller = Thread.currentThread();
        if (!MAY_LEAD.get(caller.getClass())) {
            return false;
        }
        if (!leader.compareAndSet(null, caller)) {
            waits.add();
            return false;
        }
        terms = terms + 1;
        return true;
    }

    /** Whether the calling thread may not lead just now, because somebody does; it waits otherwise then. Any thread that may wait. */
    boolean isTaken() {
        if (!MAY_LEAD.get(Thread.currentThread().getClass())) {
            return true;
        }
        boolean taken = leader.get() != null;
        if (taken) {
            waits.add();
        }
        return taken;
    }

    /**
     * Who {@link #take took} it leads no more.
     *
     * @param behind whether something is awaited from the network, and nobody is about to take it
     */
    void leave(boolean behind) {
        leftBehind |= behind;
        leader.set(null);
        if (behind || recalled || work.getAsBoolean()) {
            LockSupport.unpark(own);
        }
    }

    /** The own thread is to lead again, if nobody does. Any thread. */
    void comeBack() {
        if (leader.get() == null) {
            leftBehind = true;
            LockSupport.unpark(own);
        }
    }

    /** Own thread, after a turn in which the network brought something: whether others may as well lead. */
    boolean mayStepAside() {
        return waits.turn();
    }

    /** Own thread: others may lead; returns when it leads again. */
    void stepAside() {
        int before = terms;
        boolean led;
        leftBehind = false;
        leader.set(null);
        do {
            int seen = terms;
            if (!work.getAsBoolean()) {
                LockSupport.parkNanos(this, LOOK_NANOS);
            }
            clearInterrupt();
            led = awaitedLeader(seen) || seen != terms;
        } while (led && !leftBehind && !work.getAsBoolean() || !leader.compareAndSet(null, own));
        waits.steppedBack(terms - before);
    }

    /** One that has led since the last look waits for something that takes its time: it says when it leaves. @return whether it was so */
    private boolean awaitedLeader(int term) {
        boolean waited = false;
        while (leader.get() != null && term == terms) {
            waited = true;
            recalled = true;
            if (leader.get() != null) {
                LockSupport.park(this);
            }
            clearInterrupt();
        }
        recalled = false;
        return waited;
    }

    /** Nobody has business to interrupt a loop's thread, and neither a selector nor a lock sleeps in an interrupted one. */
    static void clearInterrupt() {
        if (Thread.interrupted()) {
            LOG.debug("the interrupt of an event loop was ignored");
        }
    }
}
