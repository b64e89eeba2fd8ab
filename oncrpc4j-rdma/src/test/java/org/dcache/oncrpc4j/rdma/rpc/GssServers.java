// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import javax.security.auth.Subject;
import javax.security.auth.kerberos.KerberosPrincipal;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.gss.Kdc;
import org.dcache.oncrpc4j.rdma.gss.TcpWire;
import org.dcache.oncrpc4j.rdma.gss.TransportWire;
import org.dcache.oncrpc4j.rdma.gss.Wire;
import org.dcache.oncrpc4j.rdma.proto.MalformedHeaderException;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.rpc.harness.BareClient;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EndpointFixture;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.gss.GssSessionManager;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSException;

/**
 * The same programs with the same sessions twice: behind oncrpc4j's own TCP service, with its own filter, and behind this transport. Close
 * it once; clients end with it. One thread.
 */
final class GssServers implements AutoCloseable {

    private static final Configuration CONFIG = Configuration.of(Map.of("oncrpc.transport", "rdma", "oncrpc.rdma.provider", "iwarp",
            "oncrpc.rdma.memory", "64m"));

    final Kdc kdc = Kdc.shared();
    final WatchedSessions sessions;
    private final ExecutorService executor = java.util.concurrent.Executors.newFixedThreadPool(2);
    private final OncRpcSvc tcp;
    private final RpcEndpoint rdma;
    private final RpcEndpoint client;
    private final List<AutoCloseable> clients = new CopyOnWriteArrayList<>();

    /** Knows all contexts that were ever begun. */
    static final class WatchedSessions extends GssSessionManager {

        final List<byte[]> begun = new CopyOnWriteArrayList<>();

        private WatchedSessions(Kdc kdc) throws GSSException, IOException {
            super((transport, context) -> new Subject(true, java.util.Set.of(new KerberosPrincipal(name(context))), java.util.Set.of(),
                    java.util.Set.of()), Kdc.SERVICE, kdc.serviceKeytab().toString());
        }

        private static String name(GSSContext context) {
            try {
                return context.getSrcName().toString();
            } catch (GSSException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public GSSContext createContext(byte[] handle) throws GSSException {
            begun.add(handle);
            return super.createContext(handle);
        }

        boolean knows(byte[] handle) {
            try {
                return getContext(handle) != null;
            } catch (GSSException e) {
                return false;
            }
        }
    }

    GssServers() throws Exception {
        sessions = new WatchedSessions(kdc);
        Map<OncRpcProgram, RpcDispatchable> programs = Map.of(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION),
                new EchoProgram(), new OncRpcProgram(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION), new EligibleProgram());
        OncRpcSvcBuilder builder = new OncRpcSvcBuilder().withTCP().withoutAutoPublish().withBindAddress("127.0.0.1").withServiceName("gss")
                .withWorkerThreadIoStrategy().withGssSessionManager(sessions);
        programs.forEach(builder::withRpcService);
        tcp = builder.build();
        tcp.start();
        rdma = new RdmaTransportProvider().open(
                new ServiceContext("gss", false, programs, executor, sessions, false, c -> {}, 0, 0, "127.0.0.1", 100, false, false),
                CONFIG);
        rdma.start();
        client = new RdmaTransportProvider().open(
                EndpointFixture.service(null, true, Map.of(), executor), CONFIG);
        client.start();
    }

    TcpWire overTcp() throws IOException {
        InetSocketAddress address = tcp.getInetSocketAddress(IpProtocolType.TCP);
        TcpWire wire = new TcpWire(address);
        clients.add(wire);
        return wire;
    }

    /** This project's client. */
    Wire overRdma() throws Exception {
        return new TransportWire(client.connect(rdma.localAddress(), 60, TimeUnit.SECONDS));
    }

    BareClient bare() throws IOException {
        BareClient bare = new BareClient(rdma.localAddress());
        clients.add(bare);
        return bare;
    }

    /** One that shows any reply as it is; messages up to the inline threshold. */
    Wire bareWire() throws IOException {
        BareClient bare = bare();
        return call -> {
            bare.send(BareClient.header(ByteBuffer.wrap(call).getInt(), RdmaHeader.RDMA_MSG), call);
            ByteBuffer message = bare.receive();
            bare.events.queuePair().postReceives(1);
            try {
                return payload(message);
            } catch (MalformedHeaderException e) {
                throw new IOException(e);
            }
        };
    }

    private static byte[] payload(ByteBuffer message) throws IOException, MalformedHeaderException {
        RdmaHeader header = new RdmaHeader();
        byte[] reply = new byte[message.limit() - header.decode(message, 100)];
        if (header.procedure() != RdmaHeader.RDMA_MSG) {
            throw new IOException("RDMA_ERROR " + header.errorCode());
        }
        message.get(message.limit() - reply.length, reply);
        return reply;
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable each : clients) {
            each.close();
        }
        client.stop();
        rdma.stop();
        tcp.stop();
        executor.shutdownNow();
    }
}
