// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import java.util.function.BooleanSupplier;
import org.dcache.oncrpc4j.rdma.verbs.Awaited;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A loop that a thread which waits for a reply, or a service's for the next call, may serve in place of the loop's own thread, so that the
 * network wakes it and not another thread. A provider's loop extends it and says how the network is served and how a sleep in it is ended.
 *
 * <p>The loop thread is whoever leads ({@link Leadership}): its own thread, or for a time one that waits ({@link #serveUntil}, {@link
 * #serveNext}). The own thread makes way for them only while nothing else is awaited of what the loop serves, as far as is known, and that
 * is little. Where only replies are awaited, nobody leads between two waits, and what comes unasked then may wait for a millisecond; so it
 * may when the own thread has stepped aside, until the first call has been run. From then on, where calls are awaited, who leaves has
 * another thread lead, whatever else is awaited meanwhile, or leads again in a moment, or the loop's own comes back at once; in a
 * millisecond or two if nobody leads. Whoever leads leaves at the latest when the loop is to end.
 *
 * <p>A turn of whoever leads: tasks, the network, timers. The own thread steps aside after turns in which the peers sent something
 * ({@link #heard}) for which a thread waited; that our own requests are done is nothing that anybody waits for.
 */
public abstract class LedLoop extends LoopWork {

    /** Something that a loop serves. */
    public interface Served {
        /** What is on its way to it, as far as is known. Loop thread. */
        default Awaited awaited() {
            return Awaited.SOMETHING;
        }
    }

    /** A loop that serves more than these is not left to a thread that waits: all of them are asked what they await. */
    protected static final int FEW = 64;

    /** A leader that is not the loop's own thread looks after so long, at the latest, whether it has what it waits for. */
    private static final long LOOK_MILLIS = 100;

    private static final Logger LOG = LoggerFactory.getLogger(LedLoop.class);

    private final LoopThread thread;
    private final Leadership leadership;
    /** Loop thread only: the peers sent something in this turn. */
    private boolean heard;

    /**
     * Its thread is not started yet.
     *
     * @param tasksPerTurn after so many tasks the network has its turn
     */
    protected LedLoop(String name, int tasksPerTurn) {
        super(tasksPerTurn);
        thread = LoopThread.of(name, this::run, getClass().getClassLoader());
        leadership = new Leadership(thread, this::hasWork);
    }

    /**
     * How many loops a process has. At least two where nobody says, so that a small call has one where the other moves bulk data.
     *
     * @param asked the setting; 0 for half the processors
     */
    public static int count(int asked) {
        return asked > 0 ? asked : Math.max(2, Runtime.getRuntime().availableProcessors() / 2);
    }

    /**
     * How long a loop looks again and again before it sleeps. Where processors are few, a thread that looks keeps one from those that have
     * the work.
     *
     * @param micros the setting; null: auto
     */
    public static long spinNanos(Integer micros, int processors) {
        if (micros != null) {
            return micros * 1000L;
        }
        return processors >= 4 ? 20_000 : 0;
    }

    // ---- what a provider's loop does

    /**
     * Serves the network once. If it has nothing, and {@link #fallAsleep(long)} allows it, sleeps until it has, or is woken, and may serve
     * it then or in the next turn; not when something was served before. Loop thread.
     *
     * @param longest milliseconds
     */
    protected abstract void serve(long longest);

    /** Ends the sleep in {@link #serve}, or the next one. Any thread. */
    protected abstract void wakeFromNetwork();

    /** What is awaited of all that it serves; {@link Awaited#SOMETHING} if there are more than {@value #FEW}. Loop thread. */
    protected abstract Awaited awaited();

    /** The own thread ends; the last tasks have run. */
    protected void ended() {}

    /** The peers sent something. Loop thread. */
    public final void heard() {
        heard = true;
    }

    /** As {@link #fallAsleep()}, and never for longer than this. */
    protected final long fallAsleep(long longest) {
        long millis = fallAsleep();
        return millis == FOREVER || millis > longest ? longest : millis;
    }

    // ---- its threads

    /** @throws OutOfMemoryError when the system gives no thread */
    protected final void start() {
        thread.start();
    }

    /** Ends the loop after the tasks that are queued, and waits for its thread unless that is the caller. */
    public final void stop() {
        beginStop();
        if (!inLoop()) {
            thread.awaitEnd();
        }
    }

    public final boolean inLoop() {
        return leadership.isHere();
    }

    @Override
    protected final void wake() {
        if (leadership.wake()) {
            wakeFromNetwork();
        }
    }

    /**
     * Serves the loop in the calling thread until it has what it waits for, if the loop's own thread has stepped aside and no other thread
     * does so. Any thread that waits for what this loop brings and may block. An interrupt ends it and is kept. Whoever ends the wait in
     * another thread wakes the loop by a task; without that it is seen {@value #LOOK_MILLIS} ms later at most, and so is an interrupt that
     * does not end the provider's sleep.
     *
     * @param over whether the wait is over; asked in the calling thread
     * @return false when nothing was done, also when the caller does another loop's work already: the caller waits as ever
     */
    public final boolean serveUntil(BooleanSupplier over) {
        return serve(LOOK_MILLIS, over, () -> false);
    }

    /**
     * As {@link #serveUntil}, in a thread of a service that waits for the next call.
     *
     * @param millis it looks after so long whether the wait is over
     * @param followed asked once, in the end: whether it, or a thread in its place, is about to call this again, so that the loop's own
     *        need not come back
     */
    public final boolean serveNext(long millis, BooleanSupplier over, BooleanSupplier followed) {
        return serve(millis, over, followed);
    }

    /** Whether {@link #serveNext} would do nothing just now; asked by a thread that would serve, which counts as one that waits. */
    public final boolean isServed() {
        return leadership.isTaken();
    }

    private boolean serve(long look, BooleanSupplier over, BooleanSupplier followed) {
        if (HelperThread.isLoop() || !leadership.take()) {
            return false;
        }
        try {
            awake();
            HelperThread.serves(true);
            runTasks();
            while (!over.getAsBoolean() && !isStopping() && !Thread.currentThread().isInterrupted()) {
                serve(look);
                runTimers();
                runTasks();
            }
        } catch (Throwable e) {
            // Nothing of it concerns who waits.
            LOG.error("a turn of a loop failed", e);
        } finally {
            try {
                HelperThread.serves(false);
            } finally {
                leave(followed);
            }
        }
        return true;
    }

    /** Somebody awaits something of this loop and does not serve it: it is not left to itself. Any thread. */
    public final void keepServed() {
        leadership.comeBack();
    }

    private void leave(BooleanSupplier followed) {
        boolean behind = true;
        try {
            behind = !followed.getAsBoolean() && awaited() != Awaited.NOTHING;
            // From here on a task wakes the loop's own thread.
            fallAsleep();
        } finally {
            leadership.leave(behind);
        }
    }

    private void run() {
        try {
            while (!isStopping()) {
                heard = false;
                try {
                    turn();
                } catch (Throwable e) {
                    LOG.error("a turn of a loop failed", e);
                }
            }
        } finally {
            runLastTasks();
            ended();
        }
    }

    private void turn() {
        runTasks();
        serve(Long.MAX_VALUE);
        runTimers();
        Leadership.clearInterrupt();
        if (heard && leadership.mayStepAside() && awaited() != Awaited.SOMETHING && fallAsleep() != 0) {
            leadership.stepAside();
            awake();
        }
    }
}
