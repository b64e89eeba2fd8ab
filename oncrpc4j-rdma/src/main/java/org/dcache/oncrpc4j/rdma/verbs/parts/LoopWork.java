// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a loop has to do besides waiting for its network: tasks of other threads in their order, and timers. A loop is made by extending it,
 * so that a task on the fast path costs nothing for passing through here.
 *
 * <p>{@link #execute} is for any thread and wakes the loop only when it sleeps and nobody else has woken it. The rest is for the loop's own
 * thread, which goes round until {@link #isStopping}: it runs tasks and timers, says with {@link #fallAsleep} how long it may sleep, since
 * only after that is it sure to be woken, sleeps, and is {@link #awake}. At its end it runs the {@link #runLastTasks last tasks}. A task
 * that throws is logged; the loop goes on.
 */
public abstract class LoopWork {

    /** Of {@link #fallAsleep}: until it is woken. */
    protected static final long FOREVER = -1;

    private final Logger log = LoggerFactory.getLogger(getClass());
    private final int tasksPerTurn;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean asleep = new AtomicBoolean();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private volatile boolean stopping;
    private volatile boolean stopped;

    /** @param tasksPerTurn after so many tasks {@link #runTasks} lets the network have its turn */
    protected LoopWork(int tasksPerTurn) {
        this.tasksPerTurn = tasksPerTurn;
    }

    /** Ends the sleep of the loop's thread, or the next one if it does not sleep yet. Any thread. */
    protected abstract void wake();

    /** Runs the task on the loop, after those before it. Any thread. @return false when the loop has ended and the task will not run */
    public final boolean execute(Runnable task) {
        tasks.add(task);
        if (asleep.get() && asleep.compareAndSet(true, false)) {
            wake();
        }
        return !stopped || !tasks.remove(task);
    }

    /** Runs the task on the loop when this time is over, or somewhat later; never if the loop ends before. Loop thread. */
    public final Timer schedule(long delayMillis, Runnable task) {
        Timer timer = new Timer(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delayMillis), task);
        timers.add(timer);
        return timer;
    }

    /** The loop is to end; its thread may take a while. Any thread. */
    protected final void beginStop() {
        stopping = true;
        wake();
    }

    protected final boolean isStopping() {
        return stopping;
    }

    /** Whether tasks wait, or the loop is to end. Any thread. */
    protected final boolean hasWork() {
        return stopping || !tasks.isEmpty();
    }

    /** Runs the tasks that are there, up to a turn's number of them. */
    protected final void runTasks() {
        for (int i = 0; i < tasksPerTurn; i++) {
            Runnable task = tasks.poll();
            if (task == null) {
                return;
            }
            runGuarded(task);
        }
    }

    /** Whether a timer's time has come. @param now {@link System#nanoTime} */
    protected final boolean isTimerDue(long now) {
        Timer first = timers.peek();
        return first != null && first.at - now <= 0;
    }

    /** Runs the timers whose time has come. */
    protected final void runTimers() {
        for (Timer timer = timers.peek(); timer != null && timer.at - System.nanoTime() <= 0; timer = timers.peek()) {
            timers.poll();
            Runnable task = timer.task;
            if (task != null) {
                runGuarded(task);
            }
        }
    }

    /** The loop ends: runs all tasks that are left, and {@link #execute} takes no more. */
    protected final void runLastTasks() {
        stopped = true;
        while (!tasks.isEmpty()) {
            runTasks();
        }
    }

    /**
     * From now on, until it is {@link #awake}, the loop is woken for a new task. @return milliseconds it may sleep, 0 when something is to
     * be done, or {@link #FOREVER}
     */
    protected final long fallAsleep() {
        long millis = FOREVER;
        Timer first = timers.peek();
        if (first != null) {
            long nanos = first.at - System.nanoTime();
            millis = nanos <= 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(nanos) + 1;
        }
        asleep.set(true);
        return hasWork() ? 0 : millis;
    }

    /** The loop's thread does not sleep: it need not be woken. */
    protected final void awake() {
        asleep.set(false);
    }

    private void runGuarded(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            log.error("a task failed", e);
        }
    }
}
