// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.handshake;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpResources;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequestHandler;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.SharedPort;

/**
 * A listener on a TCP port of others: {@link Newcomers} that somebody else accepted. Any thread; after its end, or the adapter's, it takes
 * nobody.
 */
public final class IwarpSharedPort implements SharedPort {

    private final IwarpResources resources;
    private final InetSocketAddress local;
    private final Newcomers newcomers;
    private volatile boolean closed;

    public IwarpSharedPort(IwarpResources resources, InetSocketAddress local, ConnectionRequestHandler handler) {
        this.resources = resources;
        this.local = local;
        this.newcomers = new Newcomers(resources, local, handler);
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

    @Override
    public boolean take(SocketChannel channel, ByteBuffer head) {
        if (closed || resources.isClosed()) {
            return false;
        }
        newcomers.begin(channel, head);
        return true;
    }

    @Override
    public void close() {
        closed = true;
        newcomers.end();
        if (!HelperThread.isLoop()) {
            newcomers.close();
        }
    }
}
