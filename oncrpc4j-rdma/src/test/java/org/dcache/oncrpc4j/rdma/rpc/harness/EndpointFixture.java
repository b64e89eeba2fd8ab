// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.harness;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.junit.jupiter.api.AfterEach;

/** Endpoints of services that have no program, stopped after each test. */
public abstract class EndpointFixture {

    public final ExecutorService executor = java.util.concurrent.Executors.newFixedThreadPool(1);
    private final List<RpcEndpoint> endpoints = new ArrayList<>();

    /** Stopped in the end. */
    public final <E extends RpcEndpoint> E opened(E endpoint) {
        endpoints.add(endpoint);
        return endpoint;
    }

    /** A service, or a client, with so few settings of its own. */
    public final ServiceContext pool(boolean client, int port) {
        return service("pool", client, Map.of(), executor, client ? 0 : port, false);
    }

    /** On 127.0.0.1. */
    public static ServiceContext service(String name, boolean client, Map<OncRpcProgram, RpcDispatchable> programs,
            ExecutorService executor, int port, boolean tls) {
        return new ServiceContext(name, client, programs, executor, null, false, c -> {}, port, port, "127.0.0.1", 1000, false, tls);
    }

    /** On an ephemeral port, in clear; a client has no name. */
    public static ServiceContext service(String name, boolean client, Map<OncRpcProgram, RpcDispatchable> programs,
            ExecutorService executor) {
        return service(client ? null : name, client, programs, executor, 0, false);
    }

    @AfterEach
    public void stop() {
        endpoints.forEach(RpcEndpoint::stop);
        executor.shutdownNow();
    }
}
