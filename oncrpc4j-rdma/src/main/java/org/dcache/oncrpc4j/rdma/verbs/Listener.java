// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.net.InetSocketAddress;

/** A bound listening endpoint. */
public interface Listener extends AutoCloseable {

    /** The address it is bound to, with the real port. */
    InetSocketAddress localAddress();

    /**
     * Whether IPv4 peers reach it too when it is bound to the wildcard address of IPv6, as a socket of the JDK lets them. Where this is
     * false each family needs a listener of its own.
     */
    default boolean isDualStack() {
        return false;
    }

    /**
     * Stops listening; connections stay, handshakes under way end. When it has returned, the port is free, the handler hears of no request
     * any more, and no connection of a request comes up; a handler whose accepted request has ended that way hears {@link
     * QueuePairHandler#onDisconnected} only, perhaps a little later. On a loop, of whatever provider, it waits for no loop, and all that is
     * so soon after. Idempotent, any thread.
     */
    @Override
    void close();
}
