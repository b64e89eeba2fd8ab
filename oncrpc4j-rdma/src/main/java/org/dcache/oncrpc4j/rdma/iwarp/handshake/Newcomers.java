// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.handshake;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoop;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpResources;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequestHandler;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;

/**
 * The sockets that connected to one listener and are not connections yet: each is handed to the loop where it will live, and begins its
 * handshake there.
 *
 * <p>At most {@code oncrpc.rdma.handshakes} of them are half open; more are closed at once. Any thread; the monitor is held to count and
 * join, not for system calls.
 */
final class Newcomers {

    private final IwarpResources resources;
    private final InetSocketAddress local;
    private final ConnectionRequestHandler handler;
    private final Members handshakes = new Members();
    private final RpcOverTcpClients strangers;

    /** @param local the listener's, for messages */
    Newcomers(IwarpResources resources, InetSocketAddress local, ConnectionRequestHandler handler) {
        this.resources = resources;
        this.local = local;
        this.handler = handler;
        this.strangers = new RpcOverTcpClients(resources, local);
    }

    /** Owns the socket from here on, whatever happens. @param head what was read from it */
    void begin(SocketChannel socket, ByteBuffer head) {
        resources.counters().increment(IwarpCounter.TCP_ACCEPTED);
        InboundHandshake handshake = null;
        try {
            if (!isFull()) {
                resources.configure(socket);
                handshake = new InboundHandshake(resources, resources.nextLoop(), socket, head, handshakes, handler, strangers);
            }
            if (handshake == null || !join(handshake)) {
                resources.counters().increment(IwarpCounter.REFUSED_HALF_OPEN, socket.socket().getRemoteSocketAddress(), null);
                EventLoop.close(socket);
            } else {
                handshake.begin();
            }
        } catch (IOException e) {
            resources.counters().increment(IwarpCounter.HANDSHAKE_PEER_GONE, socket.socket().getRemoteSocketAddress(), e.getMessage());
            EventLoop.close(socket);
        } catch (RuntimeException | Error e) {
            if (handshake == null) {
                EventLoop.close(socket);
            } else {
                handshake.adapterClosed();
            }
            throw e;
        }
    }

    private boolean isFull() {
        return handshakes.count() >= resources.settings().handshakes();
    }

    /** Counting and joining are one step: threads of others bring sockets too. @return false when there are too many by now */
    private synchronized boolean join(InboundHandshake handshake) {
        if (isFull()) {
            return false;
        }
        if (!handshake.join()) {
            handshake.fail(new ConnectionClosedException("nobody listens on " + local + " any more"));
        }
        return true;
    }

    /** Takes no more and tells all to end; waits for none. */
    void end() {
        handshakes.end();
        strangers.end();
    }

    /** As {@link #end}, and waits until none is left. Not on a loop. */
    void close() {
        handshakes.close(() -> {});
        strangers.close();
    }
}
