// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.spi;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rpc.RpcTransport;

/**
 * The other transport of one {@code OncRpcSvc}. Its methods are called from the service's method of the same name, by whatever thread calls
 * that. Start and stop are idempotent.
 */
public interface RpcEndpoint {

    /** Whether the service's own TCP transport is to be taken away. Asked once, at construction. */
    boolean replacesTcp();

    /** Server: binds. Client: nothing is bound. When it throws, nothing stays bound. */
    void start() throws IOException;

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
     */
    RpcTransport connect(InetSocketAddress address, long timeout, TimeUnit unit) throws IOException;

    /** The address it is bound to (the first of several), or null. */
    InetSocketAddress localAddress();
}
