// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.loop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopThread;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopWork;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread with one selector: it serves the channels registered with it, and does its {@linkplain LoopWork work} besides.
 *
 * <p>{@link #execute} is for any thread and wakes the selector only when the loop sleeps and nobody else has woken it. Everything else is
 * for the loop thread only. It owns the staging buffer into which its connections read: its content is valid only inside one
 * {@link Handler#ready} call. A handler or task that throws is logged; the loop goes on.
 *
 * <p>The loop thread is whoever leads ({@link Leadership}): its own thread, or for a time one that waits for a reply ({@link
 * #serveUntil}). Such threads lead only while nothing else is awaited of the loop's channels, as far as is known, and these are few; what
 * comes unasked between two of their calls may wait for a millisecond. Whoever leads leaves at the latest when the loop is to end.
 */
public final class EventLoop extends LoopWork {

    /** Serves one channel. */
    public interface Handler {
        /** The channel is ready for these operations. Must not throw or block. */
        void ready(int operations);

        /** Whether something is on its way to this channel, as far as is known: it must not be left alone then. Loop thread. */
        default boolean isAwaited() {
            return true;
        }
    }

    static final int STAGING = 256 << 10;

    /** Channels get their turn after so many tasks. */
    private static final int TASKS_PER_TURN = 1024;

    /** A leader that is not the loop's own thread looks after so long, at the latest, whether it has what it waits for. */
    private static final long LOOK_MILLIS = 100;

    /** With more channels than these, the loop's own thread stays. */
    private static final int FEW_CHANNELS = 8;

    private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);

    private final Selector selector;
    private final LoopThread thread;
    private final ByteBuffer staging = ByteBuffer.allocateDirect(STAGING);
    private final ByteBuffer stagingView = staging.duplicate();
    private final Consumer<SelectionKey> serve = this::serve;
    private final Leadership leadership;
    /** Loop thread only: the network brought something in this turn. */
    private boolean served;

    EventLoop(String name) {
        super(TASKS_PER_TURN);
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open a selector", e);
        }
        try {
            thread = new LoopThread(name, this::run, EventLoop.class.getClassLoader());
            leadership = new Leadership(thread, this::hasWork);
            thread.start();
        } catch (RuntimeException | Error e) {
            closeSelector();
            throw e;
        }
    }

    private void closeSelector() {
        try {
            selector.close();
        } catch (IOException e) {
            LOG.warn("cannot close a selector", e);
        }
    }

    public boolean inLoop() {
        return leadership.isHere();
    }

    @Override
    protected void wake() {
        if (leadership.wake()) {
            selector.wakeup();
        }
    }

    /**
     * Serves the loop in the calling thread until it has what it waits for, if the loop's own thread has stepped aside and no other thread
     * does so. Any thread that waits for what this loop brings and may block. An interrupt ends it and is kept. Whoever ends the wait in
     * another thread wakes the loop by a task; without that it is seen {@value #LOOK_MILLIS} ms later at most.
     *
     * @param over whether the wait is over; asked in the calling thread
     * @return false when nothing was done: the caller waits as ever
     */
    public boolean serveUntil(BooleanSupplier over) {
        if (!leadership.take()) {
            return false;
        }
        awake();
        HelperThread.serves(true);
        try {
            runTasks();
            while (!over.getAsBoolean() && !isStopping() && !Thread.currentThread().isInterrupted()) {
                select(LOOK_MILLIS);
                runTimers();
                runTasks();
            }
        } finally {
            HelperThread.serves(false);
            leave();
        }
        return true;
    }

    /** Somebody awaits something of this loop and does not serve it: it is not left to itself. Any thread. */
    public void keepServed() {
        leadership.comeBack();
    }

    private void leave() {
        boolean awaited = true;
        try {
            awaited = isAwaited();
            // From here on a task wakes the loop's own thread.
            fallAsleep();
        } finally {
            leadership.leave(awaited);
        }
    }

    private boolean isAwaited() {
        Set<SelectionKey> keys = selector.keys();
        if (keys.size() > FEW_CHANNELS) {
            return true;
        }
        for (SelectionKey key : keys) {
            if (key.isValid() && ((Handler) key.attachment()).isAwaited()) {
                return true;
            }
        }
        return false;
    }

    public SelectionKey register(SelectableChannel channel, int operations, Handler handler) throws ClosedChannelException {
        return channel.register(selector, operations, handler);
    }

    /** Lets the system forget closed channels now; not from inside {@link Handler#ready}. */
    public void flushClosed() {
        try {
            selector.selectNow(serve);
        } catch (IOException e) {
            LOG.warn("cannot select", e);
        }
    }

    /** The staging buffer; its position and limit are the caller's to set. */
    public ByteBuffer staging() {
        return staging;
    }

    /** A second view of the staging buffer. */
    public ByteBuffer stagingView() {
        return stagingView;
    }

    /** Ends the loop after the tasks that are queued, and waits for its thread unless that is the caller. */
    void stop() {
        beginStop();
        if (!inLoop()) {
            thread.awaitEnd();
        }
    }

    private void run() {
        try {
            while (!isStopping()) {
                runTasks();
                select(Long.MAX_VALUE);
                runTimers();
                Leadership.clearInterrupt();
                if (served && leadership.mayStepAside() && !isAwaited() && fallAsleep() != 0) {
                    leadership.stepAside();
                    awake();
                }
            }
        } finally {
            runLastTasks();
            closeSelector();
        }
    }

    private void select(long longest) {
        served = false;
        try {
            long millis = fallAsleep();
            if (millis == FOREVER || millis > longest) {
                millis = longest;
            }
            if (millis == 0) {
                awake();
                selector.selectNow(serve);
            } else {
                selector.select(serve, millis);
            }
        } catch (IOException e) {
            LOG.error("cannot select", e);
        } finally {
            awake();
        }
    }

    private void serve(SelectionKey key) {
        awake();
        served = true;
        try {
            ((Handler) key.attachment()).ready(key.readyOps());
        } catch (CancelledKeyException e) {
            // The channel was closed by a handler that ran before in this round.
        } catch (Throwable e) {
            LOG.error("a channel handler failed", e);
        }
    }

    /** Closes a socket; nobody can do anything about one that cannot be closed. */
    public static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (ClosedChannelException e) {
            // Closed is what it should be.
        } catch (IOException e) {
            LOG.debug("cannot close a socket", e);
        }
    }
}
