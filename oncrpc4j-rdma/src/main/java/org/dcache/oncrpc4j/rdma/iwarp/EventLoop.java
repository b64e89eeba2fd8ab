// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopThread;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread with one selector: it serves the channels registered with it, runs tasks of other threads in their order, and timers.
 *
 * <p>{@link #execute} is for any thread and wakes the selector only when the loop sleeps and nobody else has woken it. Everything else is for
 * the loop thread only. It owns the staging buffer into which its connections read: its content is valid only inside one
 * {@link Handler#ready} call. A handler or task that throws is logged; the loop goes on.
 */
final class EventLoop {

    /** Serves one channel. */
    interface Handler {
        /** The channel is ready for these operations. Must not throw or block. */
        void ready(int operations);
    }

    /** A task for later; loop thread only. */
    static final class Timer implements Comparable<Timer> {
        private final long at;
        private Runnable task;

        private Timer(long at, Runnable task) {
            this.at = at;
            this.task = task;
        }

        void cancel() {
            task = null;
        }

        @Override
        public int compareTo(Timer other) {
            return Long.compare(at - other.at, 0);
        }
    }

    static final int STAGING = 256 << 10;

    /** Channels get their turn after so many tasks. */
    private static final int TASKS_PER_TURN = 1024;

    private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);

    private final Selector selector;
    private final LoopThread thread;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean asleep = new AtomicBoolean();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private final ByteBuffer staging = ByteBuffer.allocateDirect(STAGING);
    private final ByteBuffer stagingView = staging.duplicate();
    private final Consumer<SelectionKey> serve = this::serve;
    private volatile boolean stopping;
    private volatile boolean stopped;

    EventLoop(String name) {
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open a selector", e);
        }
        thread = new LoopThread(name, this::run, EventLoop.class.getClassLoader());
        thread.start();
    }

    boolean inLoop() {
        return thread.isCurrent();
    }

    /** Runs the task on the loop; false when the loop has ended and the task will not run. */
    boolean execute(Runnable task) {
        tasks.add(task);
        if (asleep.get() && asleep.compareAndSet(true, false)) {
            selector.wakeup();
        }
        return !stopped || !tasks.remove(task);
    }

    Timer schedule(long delayMillis, Runnable task) {
        Timer timer = new Timer(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delayMillis), task);
        timers.add(timer);
        return timer;
    }

    SelectionKey register(SelectableChannel channel, int operations, Handler handler) throws ClosedChannelException {
        return channel.register(selector, operations, handler);
    }

    /** Lets the system forget closed channels now; not from inside {@link Handler#ready}. */
    void flushClosed() {
        try {
            selector.selectNow(serve);
        } catch (IOException e) {
            LOG.warn("cannot select", e);
        }
    }

    /** The staging buffer; its position and limit are the caller's to set. */
    ByteBuffer staging() {
        return staging;
    }

    /** A second view of the staging buffer. */
    ByteBuffer stagingView() {
        return stagingView;
    }

    /** Ends the loop after the tasks that are queued, and waits for its thread unless that is the caller. */
    void stop() {
        stopping = true;
        selector.wakeup();
        if (!inLoop()) {
            thread.awaitEnd();
        }
    }

    private void run() {
        try {
            while (!stopping) {
                runTasks();
                select();
                runTimers();
                // A selector does not sleep in an interrupted thread.
                if (Thread.interrupted()) {
                    LOG.debug("the interrupt of an event loop was ignored");
                }
            }
        } finally {
            stopped = true;
            while (!tasks.isEmpty()) {
                runTasks();
            }
            try {
                selector.close();
            } catch (IOException e) {
                LOG.warn("cannot close a selector", e);
            }
        }
    }

    private void select() {
        long wait = 0;
        Timer first = timers.peek();
        if (first != null) {
            long nanos = first.at - System.nanoTime();
            wait = nanos <= 0 ? -1 : TimeUnit.NANOSECONDS.toMillis(nanos) + 1;
        }
        try {
            asleep.set(true);
            if (wait < 0 || stopping || !tasks.isEmpty()) {
                asleep.set(false);
                selector.selectNow(serve);
            } else {
                selector.select(serve, wait);
            }
        } catch (IOException e) {
            LOG.error("cannot select", e);
        } finally {
            asleep.set(false);
        }
    }

    private void serve(SelectionKey key) {
        asleep.set(false);
        try {
            ((Handler) key.attachment()).ready(key.readyOps());
        } catch (CancelledKeyException e) {
            // The channel was closed by a handler that ran before in this round.
        } catch (Throwable e) {
            LOG.error("a channel handler failed", e);
        }
    }

    private void runTasks() {
        for (int i = 0; i < TASKS_PER_TURN; i++) {
            Runnable task = tasks.poll();
            if (task == null) {
                return;
            }
            runGuarded(task);
        }
    }

    private void runTimers() {
        for (Timer timer = timers.peek(); timer != null && timer.at - System.nanoTime() <= 0; timer = timers.peek()) {
            timers.poll();
            Runnable task = timer.task;
            if (task != null) {
                runGuarded(task);
            }
        }
    }

    private static void runGuarded(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            LOG.error("a task failed", e);
        }
    }
}
