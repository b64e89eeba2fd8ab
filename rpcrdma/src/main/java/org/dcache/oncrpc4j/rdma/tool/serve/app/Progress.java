// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.serve.app;

import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.export.ExportCounter;
import org.dcache.oncrpc4j.rdma.export.ExportCounters;

/**
 * One line of a terminal that says what the export does, written over each second while there are calls. The cursor stays at its begin, so
 * that a line of the log takes its place. A daemon thread of its own; reads counters and nothing else.
 */
final class Progress {

    private static final double MB = 1e6;
    /** Clears the line, which a shorter one would not. */
    private static final String CLEAR = "\u001b[K";

    private Progress() {}

    static void begin(ExportCounters counters, PrintStream out) {
        Thread thread = new Thread(() -> show(counters, out), "progress");
        thread.setDaemon(true);
        thread.start();
    }

    private static void show(ExportCounters counters, PrintStream out) {
        long calls = 0;
        long read = 0;
        long written = 0;
        boolean shown = false;
        long since = System.nanoTime();
        try {
            while (true) {
                TimeUnit.SECONDS.sleep(1);
                long now = System.nanoTime();
                long newCalls = counters.get(ExportCounter.NFS_CALLS);
                long newRead = counters.get(ExportCounter.READ_BYTES);
                long newWritten = counters.get(ExportCounter.WRITTEN_BYTES);
                boolean busy = newCalls > calls;
                if (busy || shown) {
                    double seconds = (now - since) / 1e9;
                    String line = line((newCalls - calls) / seconds, (newRead - read) / seconds, (newWritten - written) / seconds);
                    out.print(CLEAR + line + '\r');
                    out.flush();
                }
                shown = busy;
                calls = newCalls;
                read = newRead;
                written = newWritten;
                since = now;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** All per second. */
    static String line(double calls, double read, double written) {
        return String.format(Locale.ROOT, "%,.0f calls/s, read %,.1f MB/s, written %,.1f MB/s", calls, read / MB, written / MB);
    }
}
