// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.bridge;

import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.glassfish.grizzly.Connection;
import org.glassfish.grizzly.ConnectionProbe;
import org.glassfish.grizzly.nio.NIOTransport;

/**
 * Puts {@link FirstBytes} before each connection that a service's TCP transport accepts: Grizzly tells its probes of a connection before it
 * can have events. Connections get their transport's probes when they are made, so it is there before the service binds, and takes itself
 * off from all but the listening one, which would tell it of each read and write.
 */
final class AcceptProbe extends ConnectionProbe.Adapter {

    private final RpcEndpoint endpoint;

    AcceptProbe(RpcEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    void install(NIOTransport tcp) {
        tcp.getConnectionMonitoringConfig().addProbes(this);
    }

    void remove(NIOTransport tcp) {
        tcp.getConnectionMonitoringConfig().removeProbes(this);
    }

    @Override
    public void onAcceptEvent(Connection listening, Connection accepted) {
        accepted.getMonitoringConfig().removeProbes(this);
        FirstBytes.watch(accepted, endpoint);
    }

    @Override
    public void onConnectEvent(Connection connection) {
        connection.getMonitoringConfig().removeProbes(this);
    }
}
