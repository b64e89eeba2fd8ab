// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.RpcTransport;

/**
 * A server and clients of it in this JVM, over the built-in iWARP provider. The server has 64 MiB and 16 credits for each connection unless
 * settings say otherwise; the clients share its device where theirs are the same.
 */
final class LocalEndpoints implements AutoCloseable {

    private final Configuration config;
    private final ExecutorService callbacks = java.util.concurrent.Executors.newFixedThreadPool(4);
    private final RpcEndpoint server;
    private final RpcEndpoint client;

    LocalEndpoints(Map<String, String> settings, Map<OncRpcProgram, RpcDispatchable> programs, ExecutorService executor)
            throws IOException {
        Map<String, String> all = new HashMap<>(Map.of("oncrpc.transport", "rdma", "oncrpc.rdma.provider", "iwarp",
                "oncrpc.rdma.memory", "64m", "oncrpc.rdma.credits", "16", "oncrpc.rdma.keepalive", "0"));
        all.putAll(settings);
        config = Configuration.of(all);
        server = open(false, programs, executor);
        try {
            client = open(true, Map.of(), callbacks);
        } catch (IOException | RuntimeException | Error e) {
            server.stop();
            throw e;
        }
    }

    private RpcEndpoint open(boolean isClient, Map<OncRpcProgram, RpcDispatchable> programs, ExecutorService executor) throws IOException {
        RpcEndpoint endpoint = new RdmaTransportProvider()
                .open(new ServiceContext(isClient ? null : "local", isClient, programs, executor, null,
                false, c -> {}, 0, 0, "127.0.0.1", 1000, false, false), config);
        endpoint.start();
        return endpoint;
    }

    /** An ordinary and an eligible program of {@link EchoProgram}'s procedures. */
    static Map<OncRpcProgram, RpcDispatchable> echo() {
        return Map.of(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), new EchoProgram(),
                new OncRpcProgram(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION), new EligibleProgram());
    }

    Configuration config() {
        return config;
    }

    RpcEndpoint server() {
        return server;
    }

    RpcTransport connect() throws IOException {
        return connect(server.localAddress());
    }

    /** By way of a relay. */
    RpcTransport connect(InetSocketAddress address) throws IOException {
        return client.connect(address, 60, TimeUnit.SECONDS);
    }

    static RpcCall call(RpcTransport transport, int program) {
        return new RpcCall(program, EchoProgram.VERSION, new RpcAuthTypeNone(), transport);
    }

    @Override
    public void close() {
        client.stop();
        server.stop();
        callbacks.shutdownNow();
    }
}
