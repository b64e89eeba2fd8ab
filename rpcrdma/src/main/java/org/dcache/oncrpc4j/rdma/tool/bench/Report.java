// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.dcache.oncrpc4j.rdma.tool.TextTable;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Operation;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Point;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Sizes;
import org.dcache.oncrpc4j.rdma.tool.html.BarChart;

/** The tables and charts of one run. Immutable. */
final class Report {

    static final String TCP = "tcp";
    static final String RDMA = "rdma";
    /** Bare FPDUs with the copies that oncrpc4j's API forces. */
    static final String LIMIT = "limit";
    /** Bare FPDUs without these copies. */
    static final String DIRECT = "direct";

    /** What goes below {@link #costs}. */
    static final String WHOLE_JVMS =
            "Bytes and processor time are those of each whole JVM: transport, oncrpc4j and this program cannot be told apart.";

    private final List<Result> results;

    Report(List<Result> results) {
        this.results = List.copyOf(results);
    }

    Optional<Result> find(String transport, Operation operation, int size, int depth) {
        return results.stream().filter(r -> r.transport().equals(transport) && r.point().equals(new Point(operation, size, depth)))
                .findFirst();
    }

    /** The median rate of one transport divided by that of another; empty if one was not measured. */
    OptionalDouble ratio(String transport, String to, Point point) {
        Optional<Result> one = find(transport, point.operation(), point.size(), point.depth());
        Optional<Result> other = find(to, point.operation(), point.size(), point.depth());
        return one.isPresent() && other.isPresent()
                ? OptionalDouble.of(one.get().opsPerSecond() / other.get().opsPerSecond()) : OptionalDouble.empty();
    }

    /** Rates and latencies side by side, and the share of the limits that RDMA reaches; ratios are those of median rates. */
    TextTable rates() {
        boolean limit = results.stream().anyMatch(r -> r.transport().equals(LIMIT));
        List<String> heads = new ArrayList<>(List.of("", "tcp: ops/s", "MB/s", "p50 us", "p99 us",
                "rdma: ops/s", "MB/s", "p50 us", "p99 us", "rdma/tcp"));
        if (limit) {
            heads.addAll(List.of("limit: ops/s", "rdma's share", "direct: ops/s", "share"));
        }
        TextTable table = new TextTable(heads.toArray(String[]::new));
        for (Point point : points()) {
            List<String> cells = new ArrayList<>(List.of(point.toString()));
            cells.addAll(rateCells(find(TCP, point.operation(), point.size(), point.depth())));
            cells.addAll(rateCells(find(RDMA, point.operation(), point.size(), point.depth())));
            cells.add(cell(ratio(RDMA, TCP, point), 1, "x"));
            for (String of : limit ? List.of(LIMIT, DIRECT) : List.<String>of()) {
                cells.add(rateCells(find(of, point.operation(), point.size(), point.depth())).get(0));
                cells.add(cell(ratio(RDMA, of, point), 100, "%"));
            }
            table.row(cells.toArray(String[]::new));
        }
        return table;
    }

    private static String cell(OptionalDouble ratio, int times, String unit) {
        return ratio.isPresent() ? String.format(Locale.ROOT, times == 1 ? "%.2f%s" : "%.0f%s", times * ratio.getAsDouble(), unit) : "-";
    }

    private static List<String> rateCells(Optional<Result> result) {
        if (result.isEmpty()) {
            return List.of("-", "-", "-", "-");
        }
        Result r = result.get();
        return List.of(TextTable.number(r.opsPerSecond()),
                r.point().operation().hasData() ? TextTable.number(r.megabytesPerSecond()) : "-",
                TextTable.number(r.latencyMicros(50)), TextTable.number(r.latencyMicros(99)));
    }

    /**
     * What a call costs each side. Copies: how often the transport copied each byte of data, which only RDMA counts. Allocation and
     * processor time are those of the whole JVM, with oncrpc4j and the measuring program. On a busy machine, processor time says more than
     * a rate.
     */
    TextTable costs() {
        TextTable table = new TextTable("per call", "transport", "client: bytes", "copies", "cpu us", "server: bytes", "copies", "cpu us",
                "client: r/w", "wait", "futex", "other", "server: r/w", "wait", "futex", "other").keys(2);
        for (Result r : results) {
            String[] client = callCells(r.calls().map(SystemCalls::client));
            String[] server = callCells(r.calls().map(SystemCalls::server));
            table.row(r.point().toString(), r.transport(),
                    TextTable.number(r.clientAllocatedPerCall()), TextTable.number(r.clientCopies()),
                    TextTable.number(r.clientCpuPerCall()),
                    TextTable.number(r.serverAllocatedPerCall()), TextTable.number(r.serverCopies()),
                    TextTable.number(r.serverCpuPerCall()),
                    client[0], client[1], client[2], client[3], server[0], server[1], server[2], server[3]);
        }
        return table;
    }

    private static String[] callCells(Optional<CallCounts> counts) {
        return counts.map(c -> new String[] {TextTable.number(c.dataPerCall()), TextTable.number(c.waitPerCall()),
            TextTable.number(c.futexPerCall()), TextTable.number(c.otherPerCall())}).orElse(new String[] {"-", "-", "-", "-"});
    }

    /** Throughput by size at the deepest load of each operation with data; rate by depth for NULL. */
    List<BarChart> rateCharts() {
        return charts("null, calls/s by depth", ", MB/s by size at depth ", Result::opsPerSecond, Result::megabytesPerSecond);
    }

    /** Latency of the same loads, microseconds. */
    List<BarChart> latencyCharts(double percentile) {
        String what = "p" + TextTable.number(percentile).replaceAll("\\.0+$", "") + " us";
        return charts("null, " + what + " by depth", ", " + what + " by size at depth ",
                r -> r.latencyMicros(percentile), r -> r.latencyMicros(percentile));
    }

    private List<BarChart> charts(String nullTitle, String title, ToDoubleFunction<Result> nulls, ToDoubleFunction<Result> data) {
        List<BarChart> charts = new ArrayList<>();
        for (Operation operation : Operation.values()) {
            List<Result> of = results.stream().filter(r -> r.point().operation() == operation).toList();
            if (of.isEmpty()) {
                continue;
            }
            if (!operation.hasData()) {
                BarChart chart = new BarChart(nullTitle);
                of.forEach(r -> chart.bar(Integer.toString(r.point().depth()), r.transport(), nulls.applyAsDouble(r)));
                charts.add(chart);
                continue;
            }
            int deepest = of.stream().map(Result::point).max(Comparator.comparingInt(Point::depth)).orElseThrow().depth();
            BarChart chart = new BarChart(operation.label() + title + deepest);
            of.stream().filter(r -> r.point().depth() == deepest)
                    .forEach(r -> chart.bar(Sizes.text(r.point().size()), r.transport(), data.applyAsDouble(r)));
            charts.add(chart);
        }
        return charts;
    }

    private Set<Point> points() {
        Set<Point> points = new LinkedHashSet<>();
        results.forEach(r -> points.add(r.point()));
        return points;
    }
}
