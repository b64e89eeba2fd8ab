// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequestHandler;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.SharedPort;

/**
 * A listener on a TCP port of others: {@link Newcomers} that somebody else accepted. Any thread; after its end, or the adapter's, it takes
 * nobody.
 */
final class IwarpSharedPort implements SharedPort {

    private final IwarpAdapter adapter;
    private final InetSocketAddress local;
    private final Newcomers newcomers;
    private volatile boolean closed;

    IwarpSharedPort(IwarpAdapter adapter, InetSocketAddress local, ConnectionRequestHandler handler) {
        this.adapter = adapter;
        this.local = local;
        this.newcomers = new Newcomers(adapter, local, handler);
    }

    @Override
    public InetSocketAddress localAddress() {
        return local;
    }

    @Override
    public boolean take(SocketChannel channel, ByteBuffer head) {
        if (closed || adapter.isClosed()) {
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
