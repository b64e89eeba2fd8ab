// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.iwarp.handshake.IwarpListener;
import org.dcache.oncrpc4j.rdma.iwarp.handshake.IwarpSharedPort;
import org.dcache.oncrpc4j.rdma.iwarp.handshake.OutboundHandshake;
import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoop;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpResources;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpSettings;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.Capabilities;
import org.dcache.oncrpc4j.rdma.verbs.ConnectListener;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequestHandler;
import org.dcache.oncrpc4j.rdma.verbs.Listener;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.MemoryRegion;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.SharedPort;
import org.dcache.oncrpc4j.rdma.verbs.error.AdapterClosedException;

/**
 * Software iWARP opened for one user: makes its listeners and connections on the {@link IwarpResources} that they share. Any thread;
 * who opened it closes it, but not on a loop.
 */
public final class IwarpAdapter implements Adapter {

    private static final int MAX_SGE = 1024;
    private static final int MAX_SEND = 1 << 30;
    /** A posted receive costs nothing here, and a small READ or WRITE that goes inline takes one message a side instead of two. */
    private static final int INLINE = 16 << 10;
    private static final int MAX_PRIVATE_DATA = 252;

    static final Capabilities CAPABILITIES = new Capabilities(true, true, true, true, true, true, true, true, true, true, true, MAX_SGE,
            MAX_SEND, INLINE, MAX_PRIVATE_DATA);

    private final IwarpResources resources;

    IwarpAdapter(IwarpSettings settings, MemoryBudget memory) {
        this.resources = new IwarpResources(settings, memory);
    }

    @Override
    public String provider() {
        return IwarpResources.PROVIDER;
    }

    @Override
    public Capabilities capabilities() {
        return CAPABILITIES;
    }

    @Override
    public MemoryBudget memory() {
        return resources.memory();
    }

    /** What this adapter's listeners and connections counted. */
    public Counters counters() {
        return resources.counters();
    }

    @Override
    public MemoryRegion register(ByteBuffer direct) {
        return new MemoryRegion() {
            @Override
            public ByteBuffer memory() {
                return direct;
            }

            @Override
            public void close() {
                // Nothing was registered.
            }
        };
    }

    @Override
    public Listener listen(InetSocketAddress local, int backlog, ConnectionRequestHandler handler) throws IOException {
        if (resources.isClosed()) {
            throw new AdapterClosedException("cannot listen on " + local + ": the iWARP adapter is closed");
        }
        EventLoop loop = resources.nextLoop();
        IwarpListener listener = new IwarpListener(resources, loop, local, backlog, handler);
        if (!resources.members().add(listener)) {
            listener.adapterClosed();
            throw new AdapterClosedException("cannot listen on " + local + ": the iWARP adapter is closed");
        }
        loop.execute(listener::start);
        return listener;
    }

    @Override
    public boolean sharesTcpPorts() {
        return true;
    }

    @Override
    public SharedPort share(InetSocketAddress local, ConnectionRequestHandler handler) throws AdapterClosedException {
        if (resources.isClosed()) {
            throw new AdapterClosedException("cannot share " + local + ": the iWARP adapter is closed");
        }
        return new IwarpSharedPort(resources, local, handler);
    }

    @Override
    public void connect(InetSocketAddress remote, ConnectOptions options, QueuePairHandler handler, ConnectListener listener) {
        AdapterClosedException gone = new AdapterClosedException("cannot connect to " + remote + ": the iWARP adapter is closed");
        if (resources.isClosed()) {
            listener.failed(gone);
            return;
        }
        EventLoop loop = resources.nextLoop();
        OutboundHandshake handshake = new OutboundHandshake(resources, loop, remote, options, handler, listener);
        if (!resources.members().add(handshake)) {
            listener.failed(gone);
            return;
        }
        loop.execute(handshake::start);
    }

    @Override
    public void close() {
        resources.close();
    }

    /** What its listeners and connections share. */
    IwarpResources resources() {
        return resources;
    }
}
