// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.IOException;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.xprt.link.DevicePool;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;

/** Starts endpoints on a provider that a test brings, with 64 MiB and no keepalive unless settings say otherwise. */
final class EndpointOnProvider {

    private EndpointOnProvider() {}

    /** @param name of the service; null for a client */
    static RpcEndpoint start(VerbsProvider provider, InetAddress address, String name, Map<OncRpcProgram, RpcDispatchable> programs,
            ExecutorService executor, Map<String, String> settings) throws IOException {
        Map<String, String> all = new HashMap<>(Map.of("oncrpc.transport", "rdma", "oncrpc.rdma.provider", provider.name(),
                "oncrpc.rdma.memory", "64m", "oncrpc.rdma.credits", "16", "oncrpc.rdma.keepalive", "0"));
        all.putAll(settings);
        RpcEndpoint endpoint = new RdmaEndpoint(new ServiceContext(name, name == null, programs, executor, null, false, c -> {}, 0, 0,
                address.getHostAddress(), 1000, false, false), Configuration.of(all),
                config -> DevicePool.acquire(config, List.of(provider)));
        endpoint.start();
        return endpoint;
    }
}
