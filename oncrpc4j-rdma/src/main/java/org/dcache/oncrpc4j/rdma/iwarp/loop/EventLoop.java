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
import java.util.function.Consumer;
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
 */
public final class EventLoop extends LoopWork {

    /** Serves one channel. */
    public interface Handler {
        /** The channel is ready for these operations. Must not throw or block. */
        void ready(int operations);
    }

    static final int STAGING = 256 << 10;

    /** Channels get their turn after so many tasks. */
    private static final int TASKS_PER_TURN = 1024;

    private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);

    private final Selector selector;
    private final LoopThread thread;
    private final ByteBuffer staging = ByteBuffer.allocateDirect(STAGING);
    private final ByteBuffer stagingView = staging.duplicate();
    private final Consumer<SelectionKey> serve = this::serve;

    EventLoop(String name) {
        super(TASKS_PER_TURN);
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open a selector", e);
        }
        try {
            thread = new LoopThread(name, this::run, EventLoop.class.getClassLoader());
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
        return thread.isCurrent();
    }

    @Override
    protected void wake() {
        selector.wakeup();
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
                select();
                runTimers();
                // A selector does not sleep in an interrupted thread.
                if (Thread.interrupted()) {
                    LOG.debug("the interrupt of an event loop was ignored");
                }
            }
        } finally {
            runLastTasks();
            closeSelector();
        }
    }

    private void select() {
        try {
            long millis = fallAsleep();
            if (millis == 0) {
                awake();
                selector.selectNow(serve);
            } else {
                // To a selector 0 is for ever.
                selector.select(serve, millis == FOREVER ? 0 : millis);
            }
        } catch (IOException e) {
            LOG.error("cannot select", e);
        } finally {
            awake();
        }
    }

    private void serve(SelectionKey key) {
        awake();
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
