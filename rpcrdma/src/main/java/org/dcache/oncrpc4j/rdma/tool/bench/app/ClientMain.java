// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.dcache.oncrpc4j.rdma.tool.app.Console;
import org.dcache.oncrpc4j.rpc.IoStrategy;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.RpcAuth;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeUnix;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;

/**
 * The client JVM of one pair. It knows nothing of RDMA, which is the agent's task. Arguments: address, port, {@link IoStrategy}, issuing
 * threads, the server's {@link Store}, and the protocol, {@link #NFS} or {@link #BENCH}.
 */
public final class ClientMain {

    /** NFS version 3. */
    public static final String NFS = "nfs";
    /** The measuring program's own protocol. */
    public static final String BENCH = "bench";

    private static final int LOOPBACK_ADDRESSES = 8;

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
    private final Crowd crowd;

    private ClientMain(String[] args) throws IOException {
        server = new InetSocketAddress(args[0], Integer.parseInt(args[1]));
        issuers = Integer.parseInt(args[3]);
        RpcAuth credential = NFS.equals(args[5]) ? new RpcAuthTypeUnix(0, 0, new int[0], 0, "bench") : new RpcAuthTypeNone();
        protocol = NFS.equals(args[5]) ? NfsExchange.protocol(server, credential) : BenchExchange.protocol(Store.valueOf(args[4]));
        service = start(args[2]);
        RpcTransport connection = connect();
        transport = connection.getClass().getName();
        call = new RpcCall(protocol.program(), protocol.version(), credential, connection);
        crowd = new Crowd(() -> start(args[2]), (own, number) -> own.connect(address(number), 60, TimeUnit.SECONDS),
                other -> new RpcCall(protocol.program(), protocol.version(), credential, other));
    }

    private static OncRpcSvc start(String strategy) throws IOException {
        OncRpcSvc service = new OncRpcSvcBuilder()
                .withClientMode()
                .withTCP()
                .withIoStrategy(IoStrategy.valueOf(strategy))
                .withServiceName("bench client")
                .build();
        service.start();
        return service;
    }

    /** The server's address; several ones in turn for a loopback server, since there are some 28,000 client ports for each. */
    private InetSocketAddress address(int number) {
        return !server.getAddress().isLoopbackAddress() ? server
                : new InetSocketAddress("127.0.0." + (1 + number % LOOPBACK_ADDRESSES), server.getPort());
    }

    public static void main(String[] args) throws Exception {
        Console console = new Console(Message.MARK);
        ClientMain client;
        try {
            client = new ClientMain(args);
        } catch (Exception e) {
            console.fail(e);
            throw e;
        }
        console.say(Message.of("ready", "transport", client.transport).line());
        console.serve(line -> client.handle(Message.parse(line)).line());
    }

    private RpcTransport connect() throws IOException {
        return service.connect(server, 10, TimeUnit.SECONDS);
    }

    private Message handle(Message command) throws Exception {
        return switch (command.verb()) {
            case "run" -> run(command);
            case "idle" -> idle(command.integer("connections"));
            case "open" -> crowd.open(command.integer("connections"));
            case "busy" -> crowd.busy(command.integer("connections"), command.number("nanos"));
            case "paced" -> paced(command);
            case "close" -> crowd.close();
            case "record", "save" -> recorder.handle(command);
            default -> throw new IllegalArgumentException("unknown command " + command.verb());
        };
    }

    private Message run(Message command) throws IOException, InterruptedException {
        Point point = Point.of(command);
        Load load = new Load(call, point.depth(), protocol.prepare(point, Boolean.parseBoolean(command.text("every"))));
        return meter.around(() -> load.run(command.number("nanos"), command.number("calls"), issuers));
    }

    /** Measures NULL calls at intervals on one connection, while the first connection has a load of its own, or none. */
    private Message paced(Message command) throws Exception {
        long nanos = command.number("nanos");
        int depth = command.integer("depth");
        FutureTask<Load.Outcome> beside = depth == 0 ? null : new FutureTask<>(() -> {
            Point point = new Point(Operation.READ, command.integer("size"), depth);
            return new Load(call, depth, protocol.prepare(point, false)).run(nanos, Long.MAX_VALUE, Math.max(1, issuers));
        });
        if (beside != null) {
            new Thread(beside, "bench load beside").start();
        }
        Histogram calls = Crowd.histogram();
        Histogram sinceDue = Crowd.histogram();
        crowd.paced(nanos, command.number("interval"), calls, sinceDue);
        return Message.of("ok", "beside", beside == null ? 0 : beside.get().calls(), "nanos", nanos, "latencies", Meter.encode(calls),
                "since_due", Meter.encode(sinceDue));
    }

    private Message idle(int connections) throws IOException {
        for (int i = 0; i < connections; i++) {
            idle.add(connect());
        }
        return Message.of("ok", "open", idle.stream().filter(RpcTransport::isOpen).count());
    }
}
