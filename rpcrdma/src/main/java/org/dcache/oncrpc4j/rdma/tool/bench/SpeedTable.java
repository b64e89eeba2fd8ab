// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.dcache.oncrpc4j.rdma.tool.Terminal;
import org.dcache.oncrpc4j.rdma.tool.TextTable;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Operation;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Point;

/**
 * The speed that this project demands of itself, beside what was measured: a value worse than the floor is a defect. One thread.
 */
final class SpeedTable {

    /** The last column. */
    enum Verdict {
        AIM("aim reached"), OK("OK"), BELOW("below the floor"), UNKNOWN("not measured");

        private final String text;

        Verdict(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }
    }

    /**
     * One line of the table.
     *
     * @param better whether more is better
     * @param note what to know about the value, or how to get one
     */
    record Row(String what, double floor, double aim, boolean better, OptionalDouble measured, String unit, String note) {

        Verdict verdict() {
            if (measured.isEmpty()) {
                return Verdict.UNKNOWN;
            }
            double value = measured.getAsDouble();
            if (better ? value >= aim : value <= aim) {
                return Verdict.AIM;
            }
            return (better ? value >= floor : value <= floor) ? Verdict.OK : Verdict.BELOW;
        }
    }

    private static final int BULK = 1 << 20;
    private static final int BULK_DEPTH = 8;
    private static final int SMALL = 4 << 10;
    /** For copies, which also count headers, and edges of FPDUs that were read together with a header. */
    private static final double TOLERANCE = 0.25;

    private final List<Row> rows = new ArrayList<>();

    /** Whether the rows about bulk data look at this point. */
    static boolean isBulk(Point point) {
        return point.operation().hasData() && point.size() == BULK && point.depth() == BULK_DEPTH;
    }

    /**
     * @param report the transports as they were asked for
     * @param mtu the same with FPDUs of Ethernet size, for the two bulk loads; may be empty
     * @param idleBytes memory of the server per idle RDMA connection
     * @param inlineBytes bytes that the transport allocates per inline call
     * @param file whether the server has its data in a file: TCP sends that without a copy, RDMA needs one more system call to read it
     */
    SpeedTable(Report report, Report mtu, OptionalDouble idleBytes, OptionalDouble inlineBytes, boolean file) {
        if (file) {
            ratio("1 MiB READ of a file, depth 8, rdma/tcp", 1.2, 1.5, report, report, Operation.READ, BULK);
            ratio("64 KiB READ of a file, depth 8, rdma/tcp", 1.15, 1.3, report, report, Operation.READ, 64 << 10);
            ratio("4 KiB READ of a file, depth 8, rdma/tcp", 1.1, 1.3, report, report, Operation.READ, 4 << 10);
            ratio("1 MiB WRITE to a file, depth 8, rdma/tcp", 1.1, 1.4, report, report, Operation.WRITE, BULK);
        } else {
            ratio("1 MiB READ, depth 8, rdma/tcp", 1.5, 2.2, report, report, Operation.READ, BULK);
            share("1 MiB READ, depth 8, share of the limit", 0.85, 0.95, report, Operation.READ);
            ratio("1 MiB WRITE, depth 8, rdma/tcp", 1.15, 1.4, report, report, Operation.WRITE, BULK);
            share("1 MiB WRITE, depth 8, share of the limit", 0.75, 0.9, report, Operation.WRITE);
            ratio("1 MiB READ with FPDUs of MTU 1500", 0.9, 1.0, report, mtu, Operation.READ, BULK);
            ratio("1 MiB WRITE with FPDUs of MTU 1500", 0.9, 1.0, report, mtu, Operation.WRITE, BULK);
            for (Operation operation : List.of(Operation.READ, Operation.WRITE)) {
                for (int depth : Plan.DEPTHS) {
                    row("4 KiB " + operation + ", depth " + depth + ", rdma/tcp", 1.1, 1.3,
                            report.ratio(Report.RDMA, Report.TCP, new Point(operation, SMALL, depth)), "");
                }
            }
        }
        latency(report);
        nullRate(8, 1.05, 1.3, report);
        nullRate(32, 1.4, 2.0, report);
        systemCalls("system calls per 1 MiB, sender", file ? 5 : 4, file ? 3 : 2, report, true);
        systemCalls("system calls per 1 MiB, receiver", 24, 8, report, false);
        copies(report, Operation.READ, 1, 0);
        copies(report, Operation.WRITE, 1, 1);
        rows.add(new Row("bytes allocated by the transport per inline call", 512, 0, false, inlineBytes, " B",
                inlineBytes.isPresent() ? "client and server together, sampled" : "--profile samples it"));
        rows.add(new Row("memory of an idle connection", 64 << 10, 8 << 10, false, idleBytes, " B",
                "server JVM, heap and direct memory"));
    }

    private void ratio(String what, double floor, double aim, Report tcp, Report rdma, Operation operation, int size) {
        var t = tcp.find(Report.TCP, operation, size, BULK_DEPTH);
        var r = rdma.find(Report.RDMA, operation, size, BULK_DEPTH);
        row(what, floor, aim, t.isPresent() && r.isPresent()
                ? OptionalDouble.of(r.get().opsPerSecond() / t.get().opsPerSecond()) : OptionalDouble.empty(), tcp == rdma ? ""
                        : rdma.ratio(Report.RDMA, Report.LIMIT, new Point(operation, size, BULK_DEPTH)).stream()
                                .mapToObj(share -> TextTable.number(share) + "x of the limit with such FPDUs").findFirst().orElse(""));
    }

    private void row(String what, double floor, double aim, OptionalDouble measured, String note) {
        rows.add(new Row(what, floor, aim, true, measured, "x", note));
    }

    private void share(String what, double floor, double aim, Report report, Operation operation) {
        Point bulk = new Point(operation, BULK, BULK_DEPTH);
        OptionalDouble direct = report.ratio(Report.RDMA, Report.DIRECT, bulk);
        row(what, floor, aim, report.ratio(Report.RDMA, Report.LIMIT, bulk), direct.isPresent()
                ? "bare FPDUs, from an array into a fresh array; " + TextTable.number(direct.getAsDouble())
                        + "x of bare FPDUs of direct memory at both ends" : "");
    }

    private void latency(Report report) {
        var tcp = report.find(Report.TCP, Operation.NULL, 0, 1);
        var rdma = report.find(Report.RDMA, Operation.NULL, 0, 1);
        row("NULL latency alone, tcp/rdma", 1.15, 1.3, tcp.isPresent() && rdma.isPresent()
                ? OptionalDouble.of(tcp.get().latencyMicros(50) / rdma.get().latencyMicros(50)) : OptionalDouble.empty(), "median");
    }

    private void nullRate(int depth, double floor, double aim, Report report) {
        row("NULL rate at depth " + depth + ", rdma/tcp", floor, aim,
                report.ratio(Report.RDMA, Report.TCP, new Point(Operation.NULL, 0, depth)), "");
    }

    /** The larger count of READ and WRITE. */
    private void systemCalls(String what, double floor, double aim, Report report, boolean sender) {
        List<Double> counts = new ArrayList<>();
        StringBuilder note = new StringBuilder("reads, writes and waits, at depth 8:");
        for (Operation operation : List.of(Operation.READ, Operation.WRITE)) {
            report.find(Report.RDMA, operation, BULK, BULK_DEPTH).flatMap(Result::calls).ifPresent(calls -> {
                double count = (sender ? calls.sender(operation) : calls.receiver(operation)).inputOutputPerCall();
                counts.add(count);
                note.append(' ').append(operation.label()).append(' ').append(TextTable.number(count));
            });
        }
        rows.add(new Row(what, floor, aim, false, counts.stream().mapToDouble(Double::doubleValue).max(), "",
                counts.isEmpty() ? "" : note.toString()));
    }

    private void copies(Report report, Operation operation, double floor, double aim) {
        OptionalDouble copies = report.find(Report.RDMA, operation, BULK, BULK_DEPTH).map(Result::serverCopies)
                .orElse(OptionalDouble.empty());
        rows.add(new Row("copies of bulk data by the transport, server " + operation, floor + TOLERANCE, aim + TOLERANCE, false, copies, "",
                copies.isPresent() ? "per byte of data, counted; headers of FPDUs and messages in it" : ""));
    }

    List<Row> rows() {
        return List.copyOf(rows);
    }

    TextTable table() {
        TextTable table = new TextTable("what", "floor", "aim", "measured", "verdict");
        rows.forEach(row -> table.row(row.what(), TextTable.number(row.floor()) + row.unit(), TextTable.number(row.aim()) + row.unit(),
                row.measured().isPresent() ? TextTable.number(row.measured().getAsDouble()) + row.unit() : "-", row.verdict().text));
        return table;
    }

    /** What to know about some of the rows. */
    List<String> notes() {
        return rows.stream().filter(row -> !row.note().isEmpty()).map(row -> row.what() + ": " + row.note()).toList();
    }

    String render() {
        return table().render() + notes().stream().map(note -> "  " + Terminal.hanging(2, note) + "\n").collect(Collectors.joining());
    }
}
