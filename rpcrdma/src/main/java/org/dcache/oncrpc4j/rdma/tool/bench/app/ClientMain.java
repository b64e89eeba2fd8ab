// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rpc.IoStrategy;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.RpcAuth;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeUnix;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;

/**
 * The client JVM of one pair. It knows nothing of RDMA: the agent on its command line does. Arguments: address, port, {@link IoStrategy},
 * issuing threads, the server's {@link Store}, and what is spoken.
 */
public final class ClientMain {

    /** The last argument of a client that speaks NFS. */
    public static final String NFS = "nfs";
    /** And of one that speaks the measuring program. */
    public static final String BENCH = "bench";

    private final Meter meter = new Meter();
    private final Recorder recorder = new Recorder();
    private final OncRpcSvc service;
    private final InetSocketAddress server;
    private final RpcCall call;
    private final String transport;
    private final int issuers;
    private final Protocol protocol;
    /** Connections that only stay open. */
    private final List<RpcTransport> idle = new ArrayList<>();

    private ClientMain(String[] args) throws IOException {
        server = new InetSocketAddress(args[0], Integer.parseInt(args[1]));
        issuers = Integer.parseInt(args[3]);
        RpcAuth credential = NFS.equals(args[5]) ? new RpcAuthTypeUnix(0, 0, new int[0], 0, "bench") : new RpcAuthTypeNone();
        protocol = NFS.equals(args[5]) ? NfsExchange.protocol(server, credential) : BenchExchange.protocol(Store.valueOf(args[4]));
        service = new OncRpcSvcBuilder()
                .withClientMode()
                .withTCP()
                .withIoStrategy(IoStrategy.valueOf(args[2]))
                .withServiceName("bench client")
                .build();
        service.start();
        RpcTransport connection = connect();
        transport = connection.getClass().getName();
        call = new RpcCall(protocol.program(), protocol.version(), credential, connection);
    }

    public static void main(String[] args) throws Exception {
        Child child = new Child();
        ClientMain client;
        try {
            client = new ClientMain(args);
        } catch (Exception e) {
            child.say(Child.failure(e));
            throw e;
        }
        child.serve(Message.of("ready", "transport", client.transport), client::handle);
    }

    private RpcTransport connect() throws IOException {
        return service.connect(server, 10, TimeUnit.SECONDS);
    }

    private Message handle(Message command) throws IOException, InterruptedException {
        return switch (command.verb()) {
            case "run" -> run(command);
            case "idle" -> idle(command.integer("connections"));
            case "record", "save" -> recorder.handle(command);
            default -> throw new IllegalArgumentException("unknown command " + command.verb());
        };
    }

    private Message run(Message command) throws IOException, InterruptedException {
        Point point = Point.of(command);
        Load load = new Load(call, point.depth(), protocol.prepare(point, Boolean.parseBoolean(command.text("every"))));
        return meter.around(() -> load.run(command.number("nanos"), command.number("calls"), issuers));
    }

    private Message idle(int connections) throws IOException {
        for (int i = 0; i < connections; i++) {
            idle.add(connect());
        }
        return Message.of("ok", "open", idle.stream().filter(RpcTransport::isOpen).count());
    }
}
