// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo;

import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.tool.TextTable;

/** The demo's table: TCP against RDMA, one line for each operation. An operation that was not right has no figure. */
final class DemoTable {

    private static final double NANOS_PER_MILLI = 1e6;
    private static final double NANOS_PER_MICRO = 1e3;
    private static final double MEGA = 1e6;

    private DemoTable() {}

    static void print(PrintWriter out, DemoRun tcp, DemoRun rdma) {
        TextTable table = new TextTable("operation", "calls", "data bytes", "TCP: ms", "rate", "RDMA: ms", "rate", "path over RDMA");
        for (Operation operation : Operation.ALL) {
            Long overTcp = tcp.nanos(operation);
            Long overRdma = rdma.nanos(operation);
            table.row(operation.name(), String.format("%,d", operation.calls()), String.format("%,d", operation.dataBytes()),
                    millis(overTcp), rate(operation, overTcp), millis(overRdma), rate(operation, overRdma), Expectation.path(operation));
        }
        out.print(table.render());
        out.println("Times are of a direct connection, after one pass through the relay, and of short runs: 'rpcrdma bench' measures.");
    }

    private static String millis(Long nanos) {
        return nanos == null ? "-" : String.format("%,.1f", nanos / NANOS_PER_MILLI);
    }

    /** Bulk data in MB/s, small calls in microseconds per call. */
    private static String rate(Operation operation, Long nanos) {
        if (nanos == null) {
            return "-";
        }
        if (operation.length() < 1 << 16) {
            return String.format("%,.1f us/call", nanos / NANOS_PER_MICRO / operation.calls());
        }
        return String.format("%,.0f MB/s", operation.dataBytes() / MEGA / nanos * TimeUnit.SECONDS.toNanos(1));
    }
}
