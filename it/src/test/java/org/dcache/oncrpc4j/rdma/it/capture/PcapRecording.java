// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.capture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.dcache.oncrpc4j.rdma.capture.Direction;
import org.dcache.oncrpc4j.rdma.capture.PcapWriter;
import org.dcache.oncrpc4j.rdma.capture.SegmentWriter;
import org.dcache.oncrpc4j.rdma.tool.relay.Tap;

/**
 * Writes all connections of a relay to one pcap file. Bytes are written before they are passed on, so that a cause is always before its
 * effect; nothing is kept in memory. In the file, every connection goes from 192.0.2.1, each from a port of its own, to 192.0.2.2 port
 * 20049.
 *
 * <p>Close the relay first, then this; only then is the file complete. Any thread.
 */
public final class PcapRecording implements Supplier<Tap>, AutoCloseable {

    private static final int SERVER_PORT = 20049;
    private static final int FIRST_PORT = 1024;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final Path file;
    private final PcapWriter writer;
    private final List<SegmentWriter> connections = new ArrayList<>();

    private PcapRecording(Path file) throws IOException {
        this.file = file;
        writer = PcapWriter.create(file);
    }

    /** A recording into {@code it/target/captures}; an older one of that name is overwritten. */
    public static PcapRecording named(String name) throws IOException {
        return into(folder().resolve(name + ".pcap"));
    }

    /** A recording into this file. */
    public static PcapRecording into(Path file) throws IOException {
        return new PcapRecording(file);
    }

    static Path folder() {
        return Path.of(System.getProperty("basedir", "")).toAbsolutePath().resolve("target").resolve("captures");
    }

    public Path file() {
        return file;
    }

    /** Connections so far. */
    public synchronized int connections() {
        return connections.size();
    }

    /** Begins a connection. */
    @Override
    public synchronized Tap get() {
        SegmentWriter connection = new SegmentWriter(address(1, FIRST_PORT + connections.size()), address(2, SERVER_PORT),
                PcapRecording::now);
        connections.add(connection);
        flush(connection);
        return new Tap() {
            @Override
            public Verdict toServer(byte[] bytes, int offset, int length) {
                record(connection, Direction.TO_SERVER, bytes, offset, length);
                return Verdict.PASS;
            }

            @Override
            public Verdict toClient(byte[] bytes, int offset, int length) {
                record(connection, Direction.TO_CLIENT, bytes, offset, length);
                return Verdict.PASS;
            }
        };
    }

    private synchronized void record(SegmentWriter connection, Direction direction, byte[] bytes, int offset, int length) {
        for (int at = 0; at < length; at += PcapWriter.MAX_PAYLOAD) {
            int from = offset + at;
            connection.write(direction, Arrays.copyOfRange(bytes, from, from + Math.min(PcapWriter.MAX_PAYLOAD, length - at)));
        }
        flush(connection);
    }

    private void flush(SegmentWriter connection) {
        try {
            writer.segments(connection.segments());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + ": " + e.getMessage(), e);
        }
        connection.segments().clear();
    }

    /** Ends all connections in the file, and closes it. */
    @Override
    public synchronized void close() throws IOException {
        for (SegmentWriter connection : connections) {
            connection.end(Direction.TO_SERVER);
            connection.end(Direction.TO_CLIENT);
            flush(connection);
        }
        writer.close();
    }

    private static long now() {
        Instant now = Instant.now();
        return now.getEpochSecond() * NANOS_PER_SECOND + now.getNano();
    }

    private static InetSocketAddress address(int host, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(new byte[] {(byte) 192, 0, 2, (byte) host}), port);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
