// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Message;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Point;

/**
 * A server JVM and a client JVM with one connection between them; the client may be asked for more. Both are idle unless a command is under
 * way, so that several pairs may exist at the same time. One thread.
 */
final class Pair implements AutoCloseable {

    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration SLACK = Duration.ofSeconds(20);

    private final String name;
    private final Peer server;
    private final Map<String, Object> terms;
    private Peer client;

    private Pair(String name, Peer server, Map<String, Object> terms) {
        this.name = name;
        this.server = server;
        this.terms = terms;
    }

    /**
     * Starts the server; {@link #startClient} and {@link #connect} follow. Separate steps let the JVMs of several pairs start at the same
     * time.
     *
     * @param server its command line
     */
    static Pair start(String name, Launch launch, List<String> server) throws BenchException {
        return new Pair(name, Peer.start(name + " server", server, launch.verbose()), Map.of());
    }

    void startClient(Launch launch) throws BenchException, InterruptedException {
        int port = server.greeting(START).integer("port");
        client = Peer.start(name + " client", launch.client(port), launch.verbose());
    }

    /** The same JVMs, with other fields to be sent with each load. */
    Pair on(String otherName, Map<String, Object> otherTerms) {
        Pair other = new Pair(otherName, server, otherTerms);
        other.client = client;
        return other;
    }

    /**
     * Waits until the client has connected, and checks that its transport is the expected one.
     */
    void connect(boolean rdma) throws BenchException, InterruptedException {
        String transport = connect();
        boolean isRdma = transport.startsWith("org.dcache.oncrpc4j.rdma.");
        if (isRdma != rdma) {
            throw new BenchException(name + ": expected a connection over " + (rdma ? "RDMA" : "TCP") + ", got a " + transport
                    + "; check the agent jar and the settings given to the children");
        }
    }

    /** @return the class of the client's transport, once it has connected */
    String connect() throws BenchException, InterruptedException {
        return client.greeting(START).text("transport");
    }

    String name() {
        return name;
    }

    Peer server() {
        return server;
    }

    Peer client() {
        return client;
    }

    /**
     * Runs one load to its end.
     *
     * @param calls most calls to make
     * @param everyByte compare all data; for warming up
     */
    Slice run(Point point, Duration time, long calls, boolean everyByte) throws BenchException, InterruptedException {
        Message before = server.ask(Message.of("usage"), SLACK);
        Message run = Message.of("run", "operation", point.operation(), "size", point.size(), "depth", point.depth(),
                "nanos", time.toNanos(), "calls", calls, "every", everyByte);
        terms.forEach((term, value) -> run.fields().put(term, value.toString()));
        Message ran = client.ask(run, time.plus(SLACK));
        Message after = server.ask(Message.of("usage"), SLACK);
        if (ran.number("calls") == 0) {
            throw new BenchException(name + ": " + point + ": expected answered calls within " + time.toMillis() + " ms, got none");
        }
        return new Slice(ran.number("calls"), ran.number("nanos"), decode(ran.text("latencies")), ran.number("alloc"),
                difference(before, after, "alloc"), ran.number("cpu"), difference(before, after, "cpu"),
                ran.number("copied"), difference(before, after, "copied"),
                ran.number("compiled") + difference(before, after, "compiled"));
    }

    /** Waits until both JVMs are at rest, at most this long. */
    void settle(Duration longest) throws InterruptedException {
        Settling.of(Stream.of(server, client).flatMap(peer -> ProcessHandle.of(peer.jvm().pid()).stream()).toList(), longest);
    }

    private static long difference(Message before, Message after, String field) {
        return before.number(field) < 0 ? -1 : after.number(field) - before.number(field);
    }

    /** Bytes that one more idle connection makes the server JVM hold, heap and direct memory together. */
    long heldPerIdleConnection(int connections) throws BenchException, InterruptedException {
        long before = server.ask(Message.of("held"), SLACK).number("bytes");
        long open = client.ask(Message.of("idle", "connections", connections), SLACK).number("open");
        if (open != connections) {
            throw new BenchException(name + ": expected " + connections + " idle connections to be open, got " + open);
        }
        long after = server.ask(Message.of("held"), SLACK).number("bytes");
        return (after - before) / connections;
    }

    static Histogram decode(String text) throws BenchException {
        try {
            return Histogram.decodeFromCompressedByteBuffer(ByteBuffer.wrap(Base64.getUrlDecoder().decode(text)), 0);
        } catch (DataFormatException | IllegalArgumentException e) {
            throw new BenchException("a child's latencies cannot be read", e);
        }
    }

    @Override
    public void close() {
        List<Peer> peers = new ArrayList<>();
        if (client != null) {
            peers.add(client);
        }
        peers.add(server);
        peers.forEach(Peer::close);
    }

    /** Begins a flight recording in both JVMs. */
    void record() throws IOException, InterruptedException {
        server.ask(Message.of("record"), SLACK);
        client.ask(Message.of("record"), SLACK);
    }
}
