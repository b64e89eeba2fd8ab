// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.util.function.LongSupplier;
import org.slf4j.Logger;

/**
 * Lines of a kind that a peer can cause: so many in a time, the rest is left out and its number told with the next line. Otherwise whoever
 * may connect could fill the disk. Nothing is lost that way: each such line has a counter. Any thread.
 */
final class BoundedLog {

    /** Lines in each period. */
    private static final int LINES = 200;

    private static final long PERIOD = 60_000_000_000L;

    private final Logger log;
    private final LongSupplier clock;

    // guarded by this
    private long periodStart;
    private int lines;
    private long leftOut;

    BoundedLog(Logger log) {
        this(log, System::nanoTime);
    }

    /** @param clock nanoseconds */
    BoundedLog(Logger log, LongSupplier clock) {
        this.log = log;
        this.clock = clock;
        this.periodStart = clock.getAsLong();
    }

    /** As the logger's own, when there is room. */
    void info(String format, Object... arguments) {
        if (room()) {
            log.info(format, arguments);
        }
    }

    /** As the logger's own, when there is room. */
    void warn(String format, Object... arguments) {
        if (room()) {
            log.warn(format, arguments);
        }
    }

    private boolean room() {
        long before;
        synchronized (this) {
            long now = clock.getAsLong();
            if (now - periodStart >= PERIOD) {
                periodStart = now;
                lines = 0;
            }
            if (lines == LINES) {
                leftOut++;
                return false;
            }
            lines++;
            before = leftOut;
            leftOut = 0;
        }
        if (before > 0) {
            log.info("{} lines like the next were left out, more than {} a minute", before, LINES);
        }
        return true;
    }
}
