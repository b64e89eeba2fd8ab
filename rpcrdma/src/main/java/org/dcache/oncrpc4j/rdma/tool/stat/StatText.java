// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.stat;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.dcache.oncrpc4j.rdma.tool.Colour;
import org.dcache.oncrpc4j.rdma.tool.Terminal;
import org.dcache.oncrpc4j.rdma.tool.TextTable;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;

/** A service as people read it: what it is, calls and replies by path, latencies, bulk data, waits, problems, connections. Stateless. */
final class StatText {

    private static final double MIB = 1 << 20;
    private static final double NANOS = 1e9;

    private StatText() {}

    /**
     * @param before null: totals since the start of the service, else rates since then
     */
    static String of(ServiceSample now, ServiceSample before) {
        StringBuilder text = new StringBuilder();
        text.append("process ").append(now.pid()).append(", ").append(now.role());
        if (!now.name().isEmpty()) {
            text.append(' ').append(now.name());
        }
        if (!now.listeners().isEmpty()) {
            text.append(" on ").append(String.join(", ", now.listeners()));
        }
        int connections = now.connections().size();
        text.append(", ").append(connections).append(connections == 1 ? " connection" : " connections");
        text.append(before == null ? ", totals\n"
                : String.format(Locale.ROOT, ", rates over %.1f s%n", (now.nanos() - before.nanos()) / NANOS));

        Amounts amounts = new Amounts(now, before);
        TextTable table = new TextTable(before == null ? "" : "per second", "inline", "by chunk", "long");
        row(table, amounts, "served: calls", XprtCounter.SERVER_CALL_INLINE, XprtCounter.SERVER_CALL_READ_CHUNK,
                XprtCounter.SERVER_CALL_LONG);
        row(table, amounts, "served: replies", XprtCounter.SERVER_REPLY_INLINE, XprtCounter.SERVER_REPLY_WRITE_CHUNK,
                XprtCounter.SERVER_REPLY_LONG);
        row(table, amounts, "called: calls", XprtCounter.CLIENT_CALL_INLINE, XprtCounter.CLIENT_CALL_READ_CHUNK,
                XprtCounter.CLIENT_CALL_LONG);
        row(table, amounts, "called: replies", XprtCounter.CLIENT_REPLY_INLINE, XprtCounter.CLIENT_REPLY_WRITE_CHUNK,
                XprtCounter.CLIENT_REPLY_LONG);
        text.append(indented(table.render()));
        String latencies = LatencyText.of(now, before);
        if (!latencies.isEmpty()) {
            text.append(indented(latencies));
        }
        text.append("  RDMA Read ").append(amount(amounts, XprtCounter.RDMA_READ_BYTES)).append(", RDMA Write ")
                .append(amount(amounts, XprtCounter.RDMA_WRITE_BYTES));
        text.append("; waits: for credits ").append(amounts.of(XprtCounter.CREDIT_WAITS)).append(", for memory ")
                .append(amounts.of(XprtCounter.SINK_WAITS)).append('\n');
        problems(text, now, before);
        connections(text, now);
        return text.toString();
    }

    /** Totals, or rates. */
    private record Amounts(ServiceSample now, ServiceSample before) {

        private double value(XprtCounter counter) {
            return before == null ? now.get(counter) : (now.get(counter) - before.get(counter)) * NANOS / Math.max(1,
                    now.nanos() - before.nanos());
        }

        String of(XprtCounter counter) {
            return before == null ? Long.toString(now.get(counter)) : TextTable.number(value(counter));
        }
    }

    private static void row(TextTable table, Amounts amounts, String name, XprtCounter inline, XprtCounter chunk, XprtCounter whole) {
        if (amounts.now.get(inline) + amounts.now.get(chunk) + amounts.now.get(whole) > 0) {
            table.row(name, amounts.of(inline), amounts.of(chunk), amounts.of(whole));
        }
    }

    private static String amount(Amounts amounts, XprtCounter counter) {
        return String.format(Locale.ROOT, amounts.before == null ? "%.1f MiB" : "%.1f MiB/s", amounts.value(counter) / MIB);
    }

    /**
     * Always since the start: a problem must not go unseen because it happened between two looks. What is new has its increase behind it.
     * Below, each with its rate and the last one.
     */
    private static void problems(StringBuilder text, ServiceSample now, ServiceSample before) {
        StringJoiner list = new StringJoiner(", ");
        for (XprtCounter counter : XprtCounter.values()) {
            if (counter.problem() && now.get(counter) > 0) {
                list.add(problem(counter.label(), now.get(counter), before == null ? now.get(counter) : before.get(counter)));
            }
        }
        now.providerProblems().forEach((label, count) -> list.add(
                problem(label, count, before == null ? count : before.providerProblems().getOrDefault(label, 0L)) + " (whole process)"));
        text.append("  problems since the start: ").append(list.length() == 0 ? "none" : Colour.RED.of(list.toString())).append('\n');
        now.lastProblems().forEach((label, last) -> {
            if (now.counters().containsKey(label) || now.providerProblems().containsKey(label)) {
                text.append("    ").append(Terminal.hanging(6, last(label, last))).append('\n');
            }
        });
    }

    private static String last(String label, Map<String, Object> last) {
        Instant when = Instant.ofEpochMilli((Long) last.get("last")).truncatedTo(ChronoUnit.SECONDS);
        double rate = Double.parseDouble(text(last, "perMinute"));
        String line = label + ": " + TextTable.number(rate) + " a minute, last " + when;
        line += text(last, "peer").isEmpty() ? "" : " of " + text(last, "peer");
        return text(last, "cause").isEmpty() ? line : line + ": " + text(last, "cause");
    }

    private static String problem(String label, long count, long before) {
        return label + ' ' + count + (count > before ? " (+" + (count - before) + ")" : "");
    }

    private static void connections(StringBuilder text, ServiceSample now) {
        if (now.connections().isEmpty()) {
            return;
        }
        TextTable table = new TextTable("remote", "provider", "inline", "credits", "CRC", "pending", "in work", "received", "up s",
                "silent s");
        for (Map<String, Object> connection : now.connections()) {
            Map<String, Object> of = new TreeMap<>(connection);
            table.row(text(of, "remote"), text(of, "provider"), text(of, "inlineSend") + '/' + text(of, "inlineReceive"),
                    text(of, "credits"),
                    Boolean.TRUE.equals(of.get("crc")) ? "on" : "off", text(of, "callsPending"), text(of, "callsServed"),
                    text(of, "messagesReceived"), seconds(of, "uptime"), seconds(of, "silence"));
        }
        text.append(indented(table.render()));
    }

    private static String text(Map<String, Object> connection, String name) {
        return String.valueOf(connection.get(name));
    }

    private static String seconds(Map<String, Object> connection, String name) {
        return connection.get(name) instanceof Long millis ? String.format(Locale.ROOT, "%.1f", millis / 1e3) : "?";
    }

    private static String indented(String lines) {
        return lines.indent(2);
    }
}
