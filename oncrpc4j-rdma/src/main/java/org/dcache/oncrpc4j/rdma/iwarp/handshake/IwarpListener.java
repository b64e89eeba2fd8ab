// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.handshake;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CountDownLatch;
import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoop;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpResources;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.Awaited;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequestHandler;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.Listener;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A listening socket: accepts on its own loop and hands each socket to the loop where it will live.
 *
 * <p>When accept fails, with whatever (mostly for want of file descriptors), it pauses instead of spinning. Its {@link Newcomers} end with
 * it; connections do not depend on it once they are up.
 */
public final class IwarpListener implements Listener, EventLoop.Handler, Members.Member {

    private static final long PAUSE_MILLIS = 100;
    private static final int ACCEPTS_PER_TURN = 64;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    private static final Logger LOG = LoggerFactory.getLogger(IwarpListener.class);

    private final IwarpResources resources;
    private final EventLoop loop;
    private final Counters counters;
    private final ServerSocketChannel channel;
    private final InetSocketAddress local;
    private final Newcomers newcomers;
    private final CountDownLatch closed = new CountDownLatch(1);
    private SelectionKey key;
    private boolean acceptFailed;

    public IwarpListener(IwarpResources resources, EventLoop loop, InetSocketAddress address, int backlog, ConnectionRequestHandler handler)
            throws IOException {
        this.resources = resources;
        this.loop = loop;
        this.counters = resources.counters();
        channel = open(address);
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.configureBlocking(false);
            channel.bind(address, backlog);
            local = (InetSocketAddress) channel.getLocalAddress();
            newcomers = new Newcomers(resources, local, handler);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw named(address, e);
        }
    }

    private static ServerSocketChannel open(InetSocketAddress address) throws IOException {
        try {
            return ServerSocketChannel.open();
        } catch (IOException e) {
            throw named(address, e);
        }
    }

    private static IOException named(InetSocketAddress address, Exception cause) {
        return (IOException) new BindException("cannot listen on " + address + ": " + cause.getMessage()).initCause(cause);
    }

    /** Loop. */
    public void start() {
        try {
            key = loop.register(channel, SelectionKey.OP_ACCEPT, this);
        } catch (ClosedChannelException e) {
            LOG.debug("listener on {} was closed before it started", local);
        }
    }

    @Override
    public InetSocketAddress localAddress() {
        return local;
    }

    /** The JDK clears IPV6_V6ONLY. */
    @Override
    public boolean isDualStack() {
        return true;
    }

    /** Who dials can wait. */
    @Override
    public Awaited awaited() {
        return Awaited.NOTHING;
    }

    @Override
    public void ready(int operations) {
        try {
            for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
                SocketChannel socket = channel.accept();
                if (socket == null) {
                    return;
                }
                acceptFailed = false;
                newcomers.begin(socket, NOTHING);
            }
        } catch (ClosedChannelException e) {
            LOG.debug("listener on {} is closed", local);
        } catch (IOException | RuntimeException | Error e) {
            counters.increment(IwarpCounter.ACCEPT_FAILED);
            if (!acceptFailed) {
                acceptFailed = true;
                LOG.warn("cannot accept connections on {} for now: {}", local, e instanceof IOException ? e.getMessage() : e.toString());
            }
            key.interestOps(0);
            loop.schedule(PAUSE_MILLIS, () -> {
                if (key.isValid()) {
                    key.interestOps(SelectionKey.OP_ACCEPT);
                }
            });
        }
    }

    @Override
    public void close() {
        boolean mayWait = !HelperThread.isLoop();
        Runnable task = () -> {
            doClose();
            loop.flushClosed();
            closed.countDown();
        };
        if (loop.inLoop()) {
            // At once; the port is free soon, since a loop that serves its channels cannot forget one of them.
            doClose();
        }
        boolean willRun = loop.execute(task);
        newcomers.end();
        if (mayWait && willRun) {
            awaitClosed();
            newcomers.close();
        }
    }

    private void awaitClosed() {
        boolean interrupted = false;
        while (true) {
            try {
                closed.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void doClose() {
        if (key != null) {
            key.cancel();
        }
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("cannot close the listener on {}", local, e);
        }
        resources.members().remove(this);
    }

    @Override
    public void adapterClosed() {
        // An adapter that is closed while it is made to listen: its loop may have ended.
        if (!loop.execute(this::doClose)) {
            doClose();
        }
        newcomers.end();
    }
}
