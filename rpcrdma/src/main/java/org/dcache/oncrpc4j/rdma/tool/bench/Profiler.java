// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Message;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Operation;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Point;

/**
 * Makes flight recordings of both JVMs of the RDMA pair at a few loads, and prints a summary of each. One thread.
 */
final class Profiler {

    private static final Duration TIME = Duration.ofSeconds(4);
    private static final Point NULL_CALLS = new Point(Operation.NULL, 0, 32);
    private static final List<Point> POINTS = List.of(NULL_CALLS, new Point(Operation.NULL, 0, 1),
            new Point(Operation.READ, 1 << 20, 8), new Point(Operation.WRITE, 1 << 20, 8));

    private final Path directory;
    private final PrintWriter out;

    Profiler(Path directory, PrintWriter out) {
        this.directory = directory;
        this.out = out;
    }

    /** @return bytes that classes of the transport allocate per NULL call, both sides together, estimated from samples */
    OptionalDouble profile(Pair pair) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        OptionalDouble perCall = OptionalDouble.empty();
        for (Point point : POINTS) {
            pair.record();
            Slice slice = pair.run(point, TIME, Long.MAX_VALUE, false);
            Path client = save(pair.client(), point, "client");
            Path server = save(pair.server(), point, "server");
            FlightSummary clientSummary = FlightSummary.of(client);
            FlightSummary serverSummary = FlightSummary.of(server);
            out.println(clientSummary.render(point + ", client", slice.calls()));
            out.println(serverSummary.render(point + ", server", slice.calls()));
            if (point.equals(NULL_CALLS) && slice.clientAlloc() >= 0) {
                perCall = OptionalDouble.of((clientSummary.transportShare() * slice.clientAlloc()
                        + serverSummary.transportShare() * slice.serverAlloc()) / slice.calls());
            }
        }
        return perCall;
    }

    private Path save(Peer peer, Point point, String side) throws IOException, InterruptedException {
        Path file = directory.resolve((point + " " + side).replace(' ', '-') + ".jfr").toAbsolutePath();
        peer.ask(Message.of("save", "file", file), Duration.ofSeconds(30));
        return file;
    }
}
