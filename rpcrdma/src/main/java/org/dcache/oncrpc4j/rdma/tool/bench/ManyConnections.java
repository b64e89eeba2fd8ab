// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.dcache.oncrpc4j.rdma.tool.TextTable;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Message;

/**
 * {@code bench --connections N}: what N connections of one server JVM cost, and whether they are served fairly. In three steps, with a
 * tenth, half and all of N open: rate of opening, memory per connection, latency of the busy ones. Then fairness: a connection with a NULL
 * call each 10 ms, alone and beside one that has 128 READs of 1 MiB outstanding: how long a call takes, and how long from when it was due.
 * Then the time to close all. The transports take turns. One thread.
 *
 * <p>A step keeps the connections of the steps before: its memory and busy calls are of all that are open, its rate of opening is of the
 * new ones only. A step that fails ends the run with the child's message.
 */
final class ManyConnections {

    private static final Duration OPENING = Duration.ofMinutes(10);
    private static final Duration SLACK = Duration.ofMinutes(2);
    private static final int BULK = 1 << 20;
    private static final int BULK_DEPTH = 128;
    private static final Duration INTERVAL = Duration.ofMillis(10);
    private static final double MILLION = 1e6;

    private final int connections;
    private final int busy;
    private final Duration time;
    private final PrintWriter progress;

    private final TextTable steps = new TextTable("connections", "transport", "opened/s", "server bytes each", "busy", "NULL/s", "p50 us",
            "p99 us").keys(2);
    private final TextTable fairness = new TextTable("a NULL each 10 ms", "transport", "p50 us", "p99 us", "max us", "p99 us since due",
            "READ 1 MiB/s beside")
            .keys(2);
    private final TextTable closing = new TextTable("close all", "transport", "ms");

    ManyConnections(int connections, int busy, Duration time, PrintWriter progress) {
        this.connections = connections;
        this.busy = busy;
        this.time = time;
        this.progress = progress;
    }

    /** The setting with which the server accepts this many connections. */
    static Map<String, String> settings(int connections) {
        return Map.of("oncrpc.rdma.connections", Integer.toString(connections + 1000));
    }

    /**
     * @param pairs connected ones, by transport
     * @return the tables
     */
    String run(Map<String, Pair> pairs) throws BenchException, InterruptedException {
        Map<String, Long> before = new LinkedHashMap<>();
        for (Map.Entry<String, Pair> pair : pairs.entrySet()) {
            // Opens, uses and closes some first, so that code is compiled and pools are filled.
            pair.getValue().client().ask(Message.of("open", "connections", Math.min(connections, busy)), OPENING);
            busy(pair.getValue());
            pair.getValue().client().ask(Message.of("close"), SLACK);
            before.put(pair.getKey(), held(pair.getValue()));
        }
        int open = 0;
        for (int goal : goals()) {
            for (Map.Entry<String, Pair> pair : pairs.entrySet()) {
                step(pair.getKey(), pair.getValue(), open, goal, before.get(pair.getKey()));
            }
            open = goal;
        }
        for (int depth : new int[] {0, BULK_DEPTH}) {
            for (Map.Entry<String, Pair> pair : pairs.entrySet()) {
                fairness(pair.getKey(), pair.getValue(), depth);
            }
        }
        for (Map.Entry<String, Pair> pair : pairs.entrySet()) {
            progress.printf("%s: closing %d connections%n", pair.getKey(), open);
            progress.flush();
            long nanos = pair.getValue().client().ask(Message.of("close"), OPENING).number("nanos");
            closing.row(Integer.toString(open), pair.getKey(), TextTable.number(nanos / MILLION));
        }
        return String.join("\n", steps.render(), fairness.render(), closing.render());
    }

    private List<Integer> goals() {
        List<Integer> goals = new ArrayList<>();
        for (int goal : new int[] {connections / 10, connections / 2, connections}) {
            if (goal > 0) {
                goals.add(goal);
            }
        }
        return goals;
    }

    private static long held(Pair pair) throws BenchException, InterruptedException {
        return pair.server().ask(Message.of("held"), SLACK).number("bytes");
    }

    private Message busy(Pair pair) throws BenchException, InterruptedException {
        return pair.client().ask(Message.of("busy", "connections", busy, "nanos", time.toNanos()), time.plus(SLACK));
    }

    private void step(String transport, Pair pair, int open, int goal, long before) throws BenchException, InterruptedException {
        progress.printf("%s: %d connections%n", transport, goal);
        progress.flush();
        Message opened = pair.client().ask(Message.of("open", "connections", goal - open), OPENING);
        if (opened.number("open") != goal) {
            throw new BenchException(pair.name() + ": expected " + goal + " open connections, got " + opened.number("open"));
        }
        long bytes = (held(pair) - before) / goal;
        Message ran = busy(pair);
        Histogram latencies = Pair.decode(ran.text("latencies"));
        steps.row(String.format(Locale.ROOT, "%,d", goal), transport,
                TextTable.number((goal - open) * 1e9 / opened.number("nanos")), String.format(Locale.ROOT, "%,d", bytes),
                Integer.toString(Math.min(busy, goal)), TextTable.number(ran.number("calls") * 1e9 / ran.number("nanos")),
                micros(latencies, 50), micros(latencies, 99));
    }

    private void fairness(String transport, Pair pair, int depth) throws BenchException, InterruptedException {
        progress.printf("%s: a NULL each 10 ms%s%n", transport, depth == 0 ? ", alone" : ", beside " + depth + " READs of 1 MiB");
        progress.flush();
        if (depth > 0) {
            // The code of READ has not been compiled yet.
            paced(pair, depth);
        }
        Message ran = paced(pair, depth);
        Histogram latencies = Pair.decode(ran.text("latencies"));
        fairness.row(depth == 0 ? "alone" : "beside " + depth + " READs", transport, micros(latencies, 50), micros(latencies, 99),
                micros(latencies, 100), micros(Pair.decode(ran.text("since_due")), 99),
                depth == 0 ? "-" : TextTable.number(ran.number("beside") * 1e9 / ran.number("nanos")));
    }

    private Message paced(Pair pair, int depth) throws BenchException, InterruptedException {
        return pair.client().ask(Message.of("paced", "depth", depth, "size", BULK, "nanos", time.toNanos(), "interval",
                INTERVAL.toNanos()), time.plus(SLACK));
    }

    private static String micros(Histogram latencies, double percentile) {
        return TextTable.number(latencies.getValueAtPercentile(percentile) / 1000.0);
    }
}
