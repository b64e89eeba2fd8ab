// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CountDownLatch;
import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoop;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequestHandler;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.Listener;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A listening socket: accepts on its own loop and hands each socket to the loop where it will live.
 *
 * <p>At most {@code oncrpc.rdma.handshakes} of its sockets may be half open; more are closed at once. When accept fails, with whatever (mostly for want of file
 * descriptors), it pauses instead of spinning. Its handshakes end with it; connections do not depend on it once they are up.
 */
final class IwarpListener implements Listener, EventLoop.Handler, Members.Member {

    private static final long PAUSE_MILLIS = 100;
    private static final int ACCEPTS_PER_TURN = 64;
    private static final Logger LOG = LoggerFactory.getLogger(IwarpListener.class);

    private final IwarpAdapter adapter;
    private final EventLoop loop;
    private final ConnectionRequestHandler handler;
    private final Counters counters;
    private final ServerSocketChannel channel;
    private final InetSocketAddress local;
    private final Members handshakes = new Members();
    private final CountDownLatch closed = new CountDownLatch(1);
    private SelectionKey key;
    private boolean acceptFailed;

    IwarpListener(IwarpAdapter adapter, EventLoop loop, InetSocketAddress address, int backlog, ConnectionRequestHandler handler)
            throws IOException {
        this.adapter = adapter;
        this.loop = loop;
        this.handler = handler;
        this.counters = adapter.counters();
        channel = open(address);
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.configureBlocking(false);
            channel.bind(address, backlog);
            local = (InetSocketAddress) channel.getLocalAddress();
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
    void start() {
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

    @Override
    public void ready(int operations) {
        try {
            for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
                SocketChannel socket = channel.accept();
                if (socket == null) {
                    return;
                }
                acceptFailed = false;
                counters.increment(IwarpCounter.TCP_ACCEPTED);
                accepted(socket);
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

    private void accepted(SocketChannel socket) {
        if (handshakes.count() >= adapter.settings().handshakes()) {
            counters.increment(IwarpCounter.REFUSED_HALF_OPEN);
            IwarpQueuePair.close(socket);
            return;
        }
        InboundHandshake handshake = null;
        try {
            adapter.configure(socket);
            EventLoop home = adapter.nextLoop();
            handshake = new InboundHandshake(adapter, home, socket, handshakes, handler);
            if (!handshake.join()) {
                handshake.fail(new ConnectionClosedException("nobody listens on " + local + " any more"));
            } else if (home == loop) {
                handshake.start();
            } else {
                home.execute(handshake::start);
            }
        } catch (IOException e) {
            counters.increment(IwarpCounter.HANDSHAKE_PEER_GONE);
            IwarpQueuePair.close(socket);
        } catch (RuntimeException | Error e) {
            if (handshake == null) {
                IwarpQueuePair.close(socket);
            } else {
                handshake.adapterClosed();
            }
            throw e;
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
        handshakes.end();
        if (mayWait && willRun) {
            awaitClosed();
            handshakes.close(() -> {});
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
        adapter.members().remove(this);
    }

    @Override
    public void adapterClosed() {
        loop.execute(this::doClose);
        handshakes.end();
    }
}
