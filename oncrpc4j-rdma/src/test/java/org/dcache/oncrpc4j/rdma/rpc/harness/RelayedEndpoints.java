// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.harness;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.rpc.RdmaTransportProvider;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.RpcTransport;

/** A server and one client of it over software iWARP, with a relay between them that keeps every byte. */
public final class RelayedEndpoints implements AutoCloseable {

    private final ExecutorService executor = java.util.concurrent.Executors.newFixedThreadPool(8);
    private final RpcEndpoint server;
    private final RpcEndpoint client;
    private final RecordingRelay relay;
    private final RpcTransport transport;

    /**
     * @param settings beside those for a small RDMA service with 16 credits
     * @param served the server's programs
     * @param backward the client's programs, for calls of the server
     */
    public RelayedEndpoints(Map<String, String> settings, Map<OncRpcProgram, RpcDispatchable> served,
            Map<OncRpcProgram, RpcDispatchable> backward) throws IOException {
        Map<String, String> all = new HashMap<>(Map.of("oncrpc.transport", "rdma", "oncrpc.rdma.provider", "iwarp",
                "oncrpc.rdma.memory", "64m", "oncrpc.rdma.credits", "16", "oncrpc.rdma.keepalive", "0"));
        all.putAll(settings);
        Configuration config = Configuration.of(all);
        server = new RdmaTransportProvider().open(service(false, served), config);
        server.start();
        relay = new RecordingRelay(server.localAddress());
        client = new RdmaTransportProvider().open(service(true, backward), config);
        client.start();
        transport = client.connect(relay.address(), 10, TimeUnit.SECONDS);
    }

    private ServiceContext service(boolean isClient, Map<OncRpcProgram, RpcDispatchable> programs) {
        return EndpointFixture.service("echo", isClient, programs, executor);
    }

    public RpcTransport transport() {
        return transport;
    }

    /** Ends the client's connection: the relay then has all that it carried. */
    public RecordingRelay end() {
        client.stop();
        return relay;
    }

    @Override
    public void close() throws IOException {
        client.stop();
        server.stop();
        relay.close();
        executor.shutdownNow();
    }
}
