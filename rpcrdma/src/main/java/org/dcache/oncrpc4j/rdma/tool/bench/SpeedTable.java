// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.dcache.oncrpc4j.rdma.tool.TextTable;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Operation;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Point;

/**
 * What this project holds itself to, beside what was measured: a value below the floor is a defect, one at the aim is good.
 */
final class SpeedTable {

    /** What stands in the last column. */
    enum Verdict {
        AIM("aim reached"), OK("OK"), BELOW("below the floor"), UNKNOWN("not measured");

        private final String text;

        Verdict(String text) {
            this.text = text;
        }
    }

    /**
     * One line of the table.
     *
     * @param better whether more is better
     * @param note what to know about the value, or why there is none
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
    /** Of copies: what is beside the data, and edges of FPDUs that came with the header. */
    private static final double TOLERANCE = 0.25;

    private final List<Row> rows = new ArrayList<>();

    /** Whether the rows about bulk data look at this point. */
    static boolean isBulk(Point point) {
        return point.operation().hasData() && point.size() == BULK && point.depth() == BULK_DEPTH;
    }

    /**
     * @param report the transports as they were asked for
     * @param mtu the same with FPDUs of Ethernet size, for the two bulk loads; may be empty
     * @param idleBytes what an idle connection makes the server hold, RDMA
     * @param inlineBytes what the transport allocates per inline call
     * @param file whether the server has its data in a file: TCP sends it without a copy, and reading it is a system call more
     */
    SpeedTable(Report report, Report mtu, OptionalDouble idleBytes, OptionalDouble inlineBytes, boolean file) {
        if (file) {
            ratio("1 MiB READ of a file, depth 8, rdma/tcp", 1.2, 1.5, report, report, Operation.READ, BULK);
            ratio("64 KiB READ of a file, depth 8, rdma/tcp", 1.15, 1.3, report, report, Operation.READ, 64 << 10);
            ratio("4 KiB READ of a file, depth 8, rdma/tcp", 1.1, 1.3, report, report, Operation.READ, 4 << 10);
            ratio("1 MiB WRITE to a file, depth 8, rdma/tcp", 1.1, 1.4, report, report, Operation.WRITE, BULK);
        } else {
            ratio("1 MiB READ, depth 8, rdma/tcp", 1.5, 2.2, report, report, Operation.READ, BULK);
            ratio("1 MiB WRITE, depth 8, rdma/tcp", 1.0, 1.4, report, report, Operation.WRITE, BULK);
            ratio("1 MiB READ with FPDUs of MTU 1500", 0.8, 1.0, report, mtu, Operation.READ, BULK);
            ratio("1 MiB WRITE with FPDUs of MTU 1500", 0.8, 1.0, report, mtu, Operation.WRITE, BULK);
        }
        latency(report);
        nullRate(report);
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
        rows.add(new Row(what, floor, aim, true, t.isPresent() && r.isPresent()
                ? OptionalDouble.of(r.get().opsPerSecond() / t.get().opsPerSecond()) : OptionalDouble.empty(), "x", ""));
    }

    private void latency(Report report) {
        var tcp = report.find(Report.TCP, Operation.NULL, 0, 1);
        var rdma = report.find(Report.RDMA, Operation.NULL, 0, 1);
        rows.add(new Row("NULL latency alone, tcp/rdma", 1.0, 1.2, true, tcp.isPresent() && rdma.isPresent()
                ? OptionalDouble.of(tcp.get().latencyMicros(50) / rdma.get().latencyMicros(50)) : OptionalDouble.empty(), "x", "median"));
    }

    private void nullRate(Report report) {
        var tcp = report.find(Report.TCP, Operation.NULL, 0, 32);
        var rdma = report.find(Report.RDMA, Operation.NULL, 0, 32);
        rows.add(new Row("NULL rate at depth 32, rdma/tcp", 1.2, 2.0, true, tcp.isPresent() && rdma.isPresent()
                ? OptionalDouble.of(rdma.get().opsPerSecond() / tcp.get().opsPerSecond()) : OptionalDouble.empty(), "x", ""));
    }

    /** Of READ and WRITE the worse. */
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

    String render() {
        TextTable table = new TextTable("what", "floor", "aim", "measured", "verdict");
        StringBuilder notes = new StringBuilder();
        for (Row row : rows) {
            table.row(row.what(), TextTable.number(row.floor()) + row.unit(), TextTable.number(row.aim()) + row.unit(),
                    row.measured().isPresent() ? TextTable.number(row.measured().getAsDouble()) + row.unit() : "-", row.verdict().text);
            if (!row.note().isEmpty()) {
                notes.append("  ").append(row.what()).append(": ").append(row.note()).append('\n');
            }
        }
        return table.render() + notes;
    }
}
