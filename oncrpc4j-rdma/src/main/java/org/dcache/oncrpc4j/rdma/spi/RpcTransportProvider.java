// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.spi;

import org.dcache.oncrpc4j.rdma.config.Configuration;

/**
 * Makes endpoints for RPC services. Found by {@link java.util.ServiceLoader} in the transport's own loader, which constructs it without
 * arguments, once per loader that has {@code OncRpcSvc}.
 */
public interface RpcTransportProvider {

    /**
     * Called once for each new {@code OncRpcSvc} that has TCP, at the end of its constructor, by whatever thread constructs it. Opens no
     * socket.
     *
     * @param config the checked settings of the process; the same for every call
     * @throws IllegalStateException when this service must not be carried by this transport; the message says why and what to set
     */
    RpcEndpoint open(ServiceContext service, Configuration config);
}
