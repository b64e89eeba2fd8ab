// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.stat;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.dcache.oncrpc4j.rdma.metrics.latency.Figures;
import org.dcache.oncrpc4j.rdma.tool.TextTable;

/**
 * Answered calls as people of nfsiostat read them: a line for each way of going, NULL apart, and one for each operation that a binding
 * names. So each call that has a name is in two lines. Stateless.
 */
final class LatencyText {

    private static final double KIB = 1024;
    private static final double MILLI = 1e3;
    private static final double NANOS = 1e9;
    private static final double P99 = 0.99;

    private LatencyText() {}

    /**
     * @param before null: totals
     * @return empty when no call was answered
     */
    static String of(ServiceSample now, ServiceSample before) {
        Map<String, Figures> lines = new TreeMap<>();
        now.latencies().forEach((label, figures) -> {
            Figures old = before == null ? Figures.NONE : before.latencies().getOrDefault(label, Figures.NONE);
            for (String line : lines(label)) {
                lines.merge(line, figures.minus(old), Figures::plus);
            }
        });
        if (lines.isEmpty()) {
            return "";
        }
        double seconds = before == null ? 0 : Math.max(1, now.nanos() - before.nanos()) / NANOS;
        TextTable table = before == null ? new TextTable("", "ops", "kB", "kB/op", "avg ms", "p99 ms")
                : new TextTable("", "ops/s", "kB/s", "kB/op", "avg ms", "p99 ms", "queue");
        lines.forEach((line, of) -> {
            String kib = TextTable.number(of.bytes() / KIB / Math.max(1, of.calls()));
            String average = TextTable.number(of.averageMicros() / MILLI);
            String p99 = TextTable.number(of.percentileMicros(P99) / MILLI);
            String name = line.substring(line.indexOf(' ') + 1);
            if (before == null) {
                table.row(name, Long.toString(of.calls()), TextTable.number(of.bytes() / KIB), kib, average, p99);
            } else {
                table.row(name, TextTable.number(of.calls() / seconds), TextTable.number(of.bytes() / KIB / seconds), kib, average, p99,
                        TextTable.number(of.nanos() / NANOS / seconds));
            }
        });
        return table.render();
    }

    /** The lines that calls of a label count in; what stands before the first space only sorts them. */
    private static String[] lines(String label) {
        String[] parts = label.split("\\.");
        String side = parts[0] + ": ";
        String way = switch (parts[1]) {
            case "inline" -> "1 " + side + "inline";
            case "chunk" -> "2 " + side + "by chunk";
            default -> "3 " + side + "long";
        };
        return switch (parts[2]) {
            case "null" -> new String[] {parts[0] + "0 " + side + "NULL"};
            case "unnamed" -> new String[] {parts[0] + way};
            case "other" -> new String[] {parts[0] + way, parts[0] + "5 " + side + "others"};
            default -> new String[] {parts[0] + way, parts[0] + "4 " + side + parts[2].toUpperCase(Locale.ROOT)};
        };
    }
}
