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
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.verbs.Awaited;
import org.dcache.oncrpc4j.rdma.verbs.parts.LedLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A loop with one selector: it serves the channels registered with it, and does its {@linkplain LedLoop work} besides.
 *
 * <p>{@link #execute} is for any thread and wakes the selector only when the loop sleeps and nobody else has woken it. Everything else is
 * for the loop thread only, which may be a thread that waits for a reply or a call. It owns the staging buffer into which its connections
 * read: its content is valid only inside one {@link Handler#ready} call. A handler or task that throws is logged; the loop goes on. Before
 * it sleeps it may look at its sockets for a while, and gives its processor to any other thread that wants it meanwhile.
 */
public final class EventLoop extends LedLoop {

    /** Serves one channel. */
    public interface Handler extends Served {
        /** The channel is ready for these operations. Must not throw or block. */
        void ready(int operations);
    }

    static final int STAGING = 256 << 10;

    /** Channels get their turn after so many tasks. */
    private static final int TASKS_PER_TURN = 1024;

    private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);

    private final Selector selector;
    private final ByteBuffer staging = ByteBuffer.allocateDirect(STAGING);
    private final ByteBuffer stagingView = staging.duplicate();
    private final Consumer<SelectionKey> serve = this::serve;
    private final long spinNanos;
    /** Loop thread only: when a socket had something last, and whether one had since that was noted. */
    private long active;
    private boolean served;

    /** @param spinNanos how long it looks at its sockets after one had something, before it sleeps */
    EventLoop(String name, long spinNanos) {
        super(name, TASKS_PER_TURN);
        this.spinNanos = spinNanos;
        this.active = System.nanoTime() - spinNanos;
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open a selector", e);
        }
        try {
            start();
        } catch (RuntimeException | Error e) {
            ended();
            throw e;
        }
    }

    @Override
    protected void ended() {
        try {
            selector.close();
        } catch (IOException e) {
            LOG.warn("cannot close a selector", e);
        }
    }

    @Override
    protected void wakeFromNetwork() {
        selector.wakeup();
    }

    @Override
    protected Awaited awaited() {
        Set<SelectionKey> keys = selector.keys();
        if (keys.size() > FEW) {
            return Awaited.SOMETHING;
        }
        Awaited awaited = Awaited.NOTHING;
        for (SelectionKey key : keys) {
            if (key.isValid()) {
                awaited = awaited.and(((Handler) key.attachment()).awaited());
            }
            if (awaited == Awaited.SOMETHING) {
                break;
            }
        }
        return awaited;
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

    @Override
    protected void serve(long longest) {
        try {
            if (spinNanos > 0 && spin(longest)) {
                return;
            }
            long millis = fallAsleep(longest);
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

    /** Looks without sleeping. @return whether there was something to do, or is for the loop */
    private boolean spin(long longest) throws IOException {
        long now = System.nanoTime();
        if (served) {
            served = false;
            active = now;
        }
        long end = now + Math.min(spinNanos - (now - active), TimeUnit.MILLISECONDS.toNanos(longest));
        for (; end - now > 0; now = System.nanoTime()) {
            if (selector.selectNow(serve) > 0 || hasWork() || isTimerDue(now)) {
                return true;
            }
            Thread.yield();
        }
        return false;
    }

    private void serve(SelectionKey key) {
        awake();
        heard();
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
