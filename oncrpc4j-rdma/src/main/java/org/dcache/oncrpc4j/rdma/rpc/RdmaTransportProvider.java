// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.config.Transport;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.spi.RpcTransportProvider;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;

/**
 * RPC-over-RDMA version 1 for oncrpc4j services and clients. Stateless; any thread.
 *
 * <p>Who is configured for TLS fails here, in the constructor, unless the settings let a service or a client do without RDMA: then it fails
 * when it starts or connects, as for any other reason, and TCP has its turn.
 */
public final class RdmaTransportProvider implements RpcTransportProvider {

    @Override
    public RpcEndpoint open(ServiceContext service, Configuration config) {
        if (RdmaEndpoint.refusesClear(service, config) && !mayDoWithoutRdma(service, config)) {
            throw new IllegalStateException(RdmaEndpoint.refusalOfClear(service));
        }
        return new RdmaEndpoint(service, config);
    }

    private static boolean mayDoWithoutRdma(ServiceContext service, Configuration config) {
        return config.get(Settings.TRANSPORT) == Transport.TCP_AND_RDMA
                && (service.client() ? config.get(Settings.FALLBACK) : !config.get(Settings.REQUIRED));
    }
}
