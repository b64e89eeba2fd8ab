// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.rpc.RdmaTransportProvider;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * A server and clients of it in this JVM, over the built-in iWARP provider. The server has 64 MiB and 16 credits for each connection unless
 * settings say otherwise; the clients share its device where theirs are the same.
 */
public final class LocalEndpoints implements AutoCloseable {

    private final Configuration config;
    private final ExecutorService callbacks = java.util.concurrent.Executors.newFixedThreadPool(4);
    private final RpcEndpoint server;
    private final RpcEndpoint client;

    public LocalEndpoints(Map<String, String> settings, Map<OncRpcProgram, RpcDispatchable> programs, ExecutorService executor)
            throws IOException {
        this(settings, programs, executor, null);
    }

    /** @param handlers runs the clients' handlers; null: a pool */
    public LocalEndpoints(Map<String, String> settings, Map<OncRpcProgram, RpcDispatchable> programs, ExecutorService executor,
            ExecutorService handlers) throws IOException {
        Map<String, String> all = new HashMap<>(Map.of("oncrpc.transport", "rdma", "oncrpc.rdma.provider", "iwarp",
                "oncrpc.rdma.memory", "64m", "oncrpc.rdma.credits", "16", "oncrpc.rdma.keepalive", "0"));
        all.putAll(settings);
        config = Configuration.of(all);
        server = open(false, programs, executor);
        try {
            client = open(true, Map.of(), handlers == null ? callbacks : handlers);
        } catch (IOException | RuntimeException | Error e) {
            server.stop();
            throw e;
        }
    }

    private RpcEndpoint open(boolean isClient, Map<OncRpcProgram, RpcDispatchable> programs, ExecutorService executor) throws IOException {
        RpcEndpoint endpoint = new RdmaTransportProvider()
                .open(EndpointFixture.service("local", isClient, programs, executor), config);
        endpoint.start();
        return endpoint;
    }

    /** An ordinary and an eligible program of {@link EchoProgram}'s procedures. */
    public static Map<OncRpcProgram, RpcDispatchable> echo() {
        return Map.of(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), new EchoProgram(),
                new OncRpcProgram(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION), new EligibleProgram());
    }

    public Configuration config() {
        return config;
    }

    public RpcEndpoint server() {
        return server;
    }

    public RpcTransport connect() throws IOException {
        return connect(server.localAddress());
    }

    /** By way of a relay. */
    public RpcTransport connect(InetSocketAddress address) throws IOException {
        return client.connect(address, 60, TimeUnit.SECONDS);
    }

    /**
     * NULL, then each procedure with each length, of both programs: inline, long and with chunks, in each direction.
     *
     * @param opaque what WRITE brings
     * @return how many calls that were
     */
    public static int everyPath(RpcTransport transport, int[] lengths, Function<byte[], XdrAble> opaque) throws IOException {
        int calls = 0;
        for (int program : new int[] {EchoProgram.PROGRAM, EligibleProgram.ELIGIBLE_PROGRAM}) {
            RpcCall call = call(transport, program);
            call.call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            calls++;
            for (int length : lengths) {
                EchoProgram.Bytes result = new EchoProgram.Bytes();
                call.call(EchoProgram.ECHO, new EchoProgram.Bytes(EchoProgram.pattern(length)), result);
                assertThat(result.value).isEqualTo(EchoProgram.pattern(length));
                call.call(EchoProgram.READ, new EchoProgram.Int(length), result);
                assertThat(result.value).isEqualTo(EchoProgram.pattern(length));
                EchoProgram.Int taken = new EchoProgram.Int();
                call.call(EchoProgram.WRITE, opaque.apply(EchoProgram.pattern(length)), taken);
                assertThat(taken.value).isEqualTo(length);
                calls += 3;
            }
        }
        return calls;
    }

    public static RpcCall call(RpcTransport transport, int program) {
        return new RpcCall(program, EchoProgram.VERSION, new RpcAuthTypeNone(), transport);
    }

    @Override
    public void close() {
        client.stop();
        server.stop();
        callbacks.shutdownNow();
    }
}
