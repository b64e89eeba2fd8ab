// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.RpcAuth;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/** A server and its clients, made with oncrpc4j as any program makes them. Closing stops all of them, clients first. One thread. */
final class Peers implements AutoCloseable {

    private final OncRpcSvc server;
    private final List<AutoCloseable> clients = new ArrayList<>();

    private Peers(OncRpcSvc server) {
        this.server = server;
    }

    /** A server of {@link TestProgram} on an ephemeral port of 127.0.0.1. */
    static Peers serve() throws IOException {
        return serve(builder -> { });
    }

    static Peers serve(Consumer<OncRpcSvcBuilder> changes) throws IOException {
        OncRpcSvcBuilder builder = new OncRpcSvcBuilder()
                .withServiceName("server")
                .withTCP()
                .withoutAutoPublish()
                .withBindAddress("127.0.0.1")
                .withWorkerThreadIoStrategy()
                .withRpcService(TestProgram.PROGRAM, new TestProgram());
        changes.accept(builder);
        OncRpcSvc server = builder.build();
        server.start();
        return new Peers(server);
    }

    OncRpcSvc server() {
        return server;
    }

    InetSocketAddress address() {
        return server.getInetSocketAddress(IpProtocolType.TCP);
    }

    /** A new client's connection. */
    RpcTransport connect() throws IOException {
        OncRpcClient client = new OncRpcClient(address(), IpProtocolType.TCP);
        clients.add(client);
        return provenRdma(client.connect());
    }

    /** A connection of a client made by this. */
    RpcTransport connect(OncRpcClient client) throws IOException {
        clients.add(client);
        return provenRdma(client.connect());
    }

    RpcCall call() throws IOException {
        return call(new RpcAuthTypeNone());
    }

    RpcCall call(RpcAuth credential) throws IOException {
        return new RpcCall(TestProgram.PROGRAM.getNumber(), TestProgram.PROGRAM.getVersion(), credential, connect());
    }

    /** Not a Grizzly connection, but one of the transport that the agent brought. */
    static RpcTransport provenRdma(RpcTransport transport) {
        assertThat(transport.getClass().getName()).isEqualTo("org.dcache.oncrpc4j.rdma.rpc.RdmaRpcTransport");
        assertThat(transport.toString()).startsWith("rdma ");
        return transport;
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable client : clients) {
            client.close();
        }
        server.stop();
    }
}
