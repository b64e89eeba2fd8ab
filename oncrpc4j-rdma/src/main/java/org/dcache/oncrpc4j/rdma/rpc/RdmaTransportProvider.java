// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.spi.RpcTransportProvider;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;

/** RPC-over-RDMA version 1 for oncrpc4j services and clients. Stateless; any thread. */
public final class RdmaTransportProvider implements RpcTransportProvider {

    @Override
    public RpcEndpoint open(ServiceContext service, Configuration config) {
        if (service.tls() && !config.get(Settings.ALLOW_CLEAR)) {
            throw new IllegalStateException("service " + service.name() + " is configured for TLS, which RDMA connections cannot have: set "
                    + Settings.ALLOW_CLEAR.name() + "=on to carry it in clear, or leave " + Settings.TRANSPORT.name() + " at tcp");
        }
        return new RdmaEndpoint(service, config);
    }
}
