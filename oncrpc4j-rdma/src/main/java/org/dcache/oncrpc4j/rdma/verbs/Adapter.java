// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/**
 * An open RDMA adapter: makes listeners and queue pairs, registers local memory.
 *
 * <p>All methods may be called from any thread. {@link #close()} is idempotent; it ends every listener and queue
 * pair, waits until their last callback has returned, and no callback comes after it (do not call it from a callback).
 */
public interface Adapter extends AutoCloseable {

    /** {@link VerbsProvider#name()} of its provider. */
    String provider();

    Capabilities capabilities();

    /** What it and its users may take of direct memory, one budget for all. */
    MemoryBudget memory();

    /**
     * Registers direct memory for local use as scatter/gather element (no remote rights). May block; never call it on a loop.
     * With {@link Capabilities#anyMemory()} it costs nothing.
     */
    MemoryRegion register(ByteBuffer direct) throws VerbsException;

    /**
     * Listens for connections. The address may have port 0.
     *
     * @param backlog connections the system may queue, at least 1
     * @param handler told of each complete connection request, on a loop thread; must not block
     * @throws IOException when the address cannot be bound; the message names it
     */
    Listener listen(InetSocketAddress local, int backlog, ConnectionRequestHandler handler) throws IOException;

    /** Whether {@link #share} works. */
    default boolean sharesTcpPorts() {
        return false;
    }

    /**
     * As {@link #listen}, on a TCP port that belongs to somebody else.
     *
     * @param local where that one listens
     * @throws UnsupportedOperationException unless {@link #sharesTcpPorts()}
     */
    default SharedPort share(InetSocketAddress local, ConnectionRequestHandler handler) throws VerbsException {
        throw new UnsupportedOperationException(provider() + " has no use for TCP ports of others");
    }

    /**
     * Connects. Exactly one of {@code listener}'s methods is called, on a loop thread; when it succeeds, the handler's
     * {@link QueuePairHandler#onEstablished} has been called before.
     */
    void connect(InetSocketAddress remote, ConnectOptions options, QueuePairHandler handler, ConnectListener listener);

    @Override
    void close();
}
