// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rpc.xdr.RegbufMemoryManager;
import org.dcache.oncrpc4j.rdma.xprt.ConnectionOwner;
import org.dcache.oncrpc4j.rdma.xprt.RdmaConnection;
import org.dcache.oncrpc4j.rdma.xprt.responder.InboundCall;

/**
 * Ties one connection of the engine to its service: tells the endpoint that it is up or has ended, and gives the peer's calls to the
 * dispatcher. It makes the {@link RdmaRpcTransport} that oncrpc4j sees, which is of use once the connection is established. All events come
 * on the loop and are handed on at once.
 */
final class TransportOwner implements ConnectionOwner {

    private final RdmaEndpoint endpoint;
    private final RdmaRpcTransport transport;

    /** @param servicePort TCP port of the service that accepts the connection; 0: it has none, or the connection is a client's */
    TransportOwner(RdmaEndpoint endpoint, RegbufMemoryManager memory, int servicePort) {
        this.endpoint = endpoint;
        this.transport = new RdmaRpcTransport(memory, endpoint.bindings(), endpoint.executors(), endpoint.timer(), servicePort);
    }

    RdmaRpcTransport transport() {
        return transport;
    }

    @Override
    public Counters counters() {
        return endpoint.counters();
    }

    @Override
    public void established(RdmaConnection connection) {
        transport.established(connection);
        endpoint.established(transport);
    }

    @Override
    public boolean inOrder() {
        return endpoint.executors().arrivesInOrder();
    }

    @Override
    public boolean workersLead() {
        return endpoint.executors().workersLead();
    }

    @Override
    public void received(InboundCall call) {
        endpoint.dispatcher().received(call, transport);
    }

    @Override
    public void disconnected(RdmaConnection connection, IOException cause) {
        endpoint.disconnected(transport, cause);
    }
}
