// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import org.HdrHistogram.Histogram;
import org.dcache.oncrpc4j.rdma.tool.app.Console;

/**
 * The client JVM of the limit: a closed loop of bare FPDUs in one thread, with as many calls outstanding as the point says. Each command
 * {@code run} says how data is sent: {@code fpdu}, {@code crc}, {@code direct} ({@link BareFpdus.Terms}). Arguments: address and port;
 * further ones are ignored.
 */
public final class LimitClientMain {

    private static final long HIGHEST = 60_000_000_000L;

    private final Meter meter = new Meter();
    private final BareFpdus stream;

    private LimitClientMain(String[] args) throws IOException {
        InetSocketAddress server = new InetSocketAddress(args[0], Integer.parseInt(args[1]));
        stream = new BareFpdus(SocketChannel.open(server).setOption(StandardSocketOptions.TCP_NODELAY, true));
    }

    public static void main(String[] args) throws Exception {
        Console console = new Console(Message.MARK);
        LimitClientMain client;
        try {
            client = new LimitClientMain(args);
        } catch (IOException e) {
            console.fail(e);
            throw e;
        }
        console.say(Message.of("ready", "transport", "bare FPDUs").line());
        console.serve(line -> client.run(Message.parse(line)).line());
    }

    /** Decodes the word that stands for them in a message. */
    static BareFpdus.Terms terms(int word) {
        return new BareFpdus.Terms(word & 0xffff, (word & 1 << 16) != 0, (word & 1 << 17) != 0);
    }

    private Message run(Message command) throws IOException {
        Point point = Point.of(command);
        int terms = command.integer("fpdu") | (Boolean.parseBoolean(command.text("crc")) ? 1 << 16 : 0)
                | (Boolean.parseBoolean(command.text("direct")) ? 1 << 17 : 0);
        return meter.around(() -> loop(point, terms, command.number("nanos"), command.number("calls")));
    }

    private Load.Outcome loop(Point point, int terms, long nanos, long calls) throws IOException {
        Histogram latencies = new Histogram(HIGHEST, 3);
        long[] begun = new long[point.depth()];
        long start = System.nanoTime();
        long sent = 0;
        long done = 0;
        do {
            while (sent - done < point.depth() && sent < calls && (sent == 0 || System.nanoTime() - start < nanos)) {
                begun[(int) (sent++ % begun.length)] = System.nanoTime();
                stream.put(point.operation().ordinal(), point.size(), terms);
                if (point.operation() == Operation.WRITE) {
                    stream.send(point.size(), terms(terms));
                }
            }
            if (point.operation() == Operation.READ) {
                stream.flush();
                stream.receive(point.size(), terms(terms));
            } else {
                stream.take(false);
            }
            latencies.recordValue(Math.min(HIGHEST, Math.max(1, System.nanoTime() - begun[(int) (done++ % begun.length)])));
        } while (done < sent || sent < calls && System.nanoTime() - start < nanos);
        return new Load.Outcome(done, System.nanoTime() - start, latencies);
    }
}
