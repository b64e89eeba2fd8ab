// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.handshake;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoop;
import org.dcache.oncrpc4j.rdma.iwarp.loop.LingeringSocket;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpResources;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clients that speak RPC over TCP to a port where RDMA alone is served: the service lacks TCP, or they have the wrong port.
 *
 * <p>Who is closed at once comes back at once. Other programs dial without a pause until they have no file descriptors left; Linux backs
 * off only from a connection that was closed in good order, and a socket that is closed with bytes unread is reset. So each is held as long
 * as a handshake may take, what it sends is thrown away, and then it is closed. At most {@code oncrpc.rdma.handshakes} of a listener are
 * held, beside its handshakes, and more are closed at once. Each is counted; one a minute is logged. Any loop.
 */
final class RpcOverTcpClients {

    /** Of a CALL, after its record mark: xid, CALL, RPC version, program, version, procedure, empty credential and verifier. */
    private static final int SHORTEST_CALL = 40;

    private static final byte LAST_FRAGMENT = (byte) 0x80;
    private static final int CALL = 0;
    private static final int RPC_VERSION = 2;

    /** With so many bytes it is sure. */
    static final int KNOWN = 16;

    private static final long BETWEEN_LINES = TimeUnit.MINUTES.toNanos(1);
    private static final Logger LOG = LoggerFactory.getLogger(RpcOverTcpClients.class);

    private final IwarpResources resources;
    private final InetSocketAddress local;
    private final Members held = new Members();

    // guarded by this
    private boolean logged;
    private long lastLine;

    RpcOverTcpClients(IwarpResources resources, InetSocketAddress local) {
        this.resources = resources;
        this.local = local;
    }

    /** Whether these bytes, the first of a connection, are a record mark and a CALL in one fragment below 16 MiB, or may become one. */
    static boolean begins(ByteBuffer head, int length) {
        return length > 0 && head.get(0) == LAST_FRAGMENT
                && (length < 4 || (head.getInt(0) & Integer.MAX_VALUE) >= SHORTEST_CALL)
                && (length < 12 || head.getInt(8) == CALL)
                && (length < KNOWN || head.getInt(12) == RPC_VERSION);
    }

    /** Owns the socket from here on. */
    synchronized void hold(EventLoop loop, SocketChannel channel, SelectionKey key, InetSocketAddress peer) {
        long millis = resources.settings().handshakeTimeoutMillis();
        if (!logged || System.nanoTime() - lastLine >= BETWEEN_LINES) {
            logged = true;
            lastLine = System.nanoTime();
            LOG.warn("{} speaks RPC over TCP to {}, where RDMA alone is served. It gets no answer and is closed after {} ms; such clients "
                    + "are counted as iwarp.rpc_over_tcp. To serve both set oncrpc.transport=tcp,rdma; where it is set, send them to the "
                    + "TCP port", peer, local, millis);
        }
        if (held.count() < resources.settings().handshakes()) {
            new LingeringSocket(loop, channel, key, millis, resources.members(), held).start();
        } else {
            key.cancel();
            EventLoop.close(channel);
        }
    }

    void end() {
        held.end();
    }

    void close() {
        held.close(() -> {});
    }
}
