// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.spi;

/** Makes endpoints for RPC services. Found by {@link java.util.ServiceLoader} in the transport's own loader. */
public interface RpcTransportProvider {

    /**
     * Called once for each new {@code OncRpcSvc} that has TCP, at the end of its constructor. Opens no socket.
     *
     * @throws IllegalStateException when this service must not be carried by this transport; the message says why and what to set
     */
    RpcEndpoint open(ServiceContext service);
}
