// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.net.InetSocketAddress;

/** A bound listening endpoint. */
public interface Listener extends AutoCloseable {

    /** The address it is bound to, with the real port. */
    InetSocketAddress localAddress();

    /** Stops listening; connections stay. Idempotent, any thread; the port is free when it returns. */
    @Override
    void close();
}
