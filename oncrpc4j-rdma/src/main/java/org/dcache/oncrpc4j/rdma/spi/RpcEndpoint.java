// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.spi;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rpc.RpcTransport;

/**
 * The other transport of one {@code OncRpcSvc}. A method that the service has as well is called from there, by whatever thread calls that.
 * Start and stop are idempotent.
 */
public interface RpcEndpoint {

    /** Whether the service's own TCP transport is to be taken away. Asked once, at construction. */
    boolean replacesTcp();

    /** Server: binds. Client: nothing is bound. When it throws, nothing stays bound. */
    void start() throws IOException;

    /**
     * As {@link #start()}, for a service that has started its own TCP transport.
     *
     * @param tcp the address that it is bound to; null when it has none
     */
    default void start(InetSocketAddress tcp) throws IOException {
        start();
    }

    /**
     * Whether connections for it may come on the service's own TCP port, where {@link #begins} tells them from others. Asked once, at
     * construction.
     */
    default boolean sharesTcpPort() {
        return false;
    }

    /** Whether a TCP connection that begins with these bytes is for it, as far as they tell. Any thread, also before the start. */
    default boolean begins(ByteBuffer head) {
        return false;
    }

    /**
     * Takes a connection that came on the service's TCP port. Does not block.
     *
     * @param channel non-blocking; nobody else uses it, now or later
     * @param head what was read from it
     * @return false when it was not taken: the caller closes it
     */
    default boolean take(SocketChannel channel, ByteBuffer head) {
        return false;
    }

    /** Closes all at once; waits until the last callback is over. */
    void stop();

    /** Stops accepting, lets calls in progress be answered for at most this time, then closes. */
    void stop(long gracePeriod, TimeUnit unit);

    /** Whether {@link #connect} is to be used for this address instead of TCP. */
    boolean diverts(InetSocketAddress address);

    /**
     * Connects or throws; a {@link java.net.ConnectException} whose message starts with "Connection refused" when nobody listens.
     *
     * @param timeout may be {@link Long#MAX_VALUE}
     * @return null when it cannot, and the settings want TCP then
     */
    RpcTransport connect(InetSocketAddress address, long timeout, TimeUnit unit) throws IOException;

    /** The address it is bound to (the first of several), or was when it was last; null before that, as over TCP. */
    InetSocketAddress localAddress();
}
