// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.lang.reflect.Field;
import org.dcache.oncrpc4j.grizzly.GrizzlyRpcTransport;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.glassfish.grizzly.Connection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends connections. oncrpc4j gives a program no way to do that, so the field with Grizzly's connection is looked for; the transport's own
 * connections have a method, found by its name, because the export does without the transport's classes. Stateless.
 */
final class Connections {

    private static final Logger LOG = LoggerFactory.getLogger(Connections.class);

    private Connections() {}

    /** Ends a connection whose client does not take its replies; those fail. Any thread. */
    static void cut(RpcTransport connection) {
        LOG.warn("{} takes no replies, while there is no memory for others': its connection is cut", connection.getRemoteSocketAddress());
        try {
            if (connection instanceof GrizzlyRpcTransport) {
                Field field = GrizzlyRpcTransport.class.getDeclaredField("_connection");
                field.setAccessible(true);
                ((Connection<?>) field.get(connection)).terminateSilently();
            } else {
                connection.getClass().getMethod("close").invoke(connection);
            }
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.warn("it could not be cut", e);
        }
    }
}
