// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.lang.reflect.Field;
import org.dcache.oncrpc4j.grizzly.GrizzlyRpcTransport;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.glassfish.grizzly.Connection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes connections of clients. oncrpc4j gives a program no way to do that, so this reads the private field with Grizzly's connection. An
 * RDMA connection has a method {@code abort}, which is called by its name, because the export uses no class of the transport; its {@code
 * close} would wait seconds for a client that takes nothing. Stateless.
 */
final class Connections {

    private static final Logger LOG = LoggerFactory.getLogger(Connections.class);

    private Connections() {}

    /** Closes a connection whose client does not take its replies; they fail. Any thread. */
    static void cut(RpcTransport connection) {
        LOG.warn("closing the connection of {}: it takes no replies, and there is no memory left for those of other clients",
                connection.getRemoteSocketAddress());
        try {
            if (connection instanceof GrizzlyRpcTransport) {
                Field field = GrizzlyRpcTransport.class.getDeclaredField("_connection");
                field.setAccessible(true);
                ((Connection<?>) field.get(connection)).terminateSilently();
            } else {
                connection.getClass().getMethod("abort").invoke(connection);
            }
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.warn("cannot close the connection of {}, which keeps the memory of its replies", connection.getRemoteSocketAddress(), e);
        }
    }
}
