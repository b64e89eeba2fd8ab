// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.lang.management.ManagementFactory;
import java.time.Duration;

/** The moment at which a run must be over, counted from the start of this JVM. Immutable. */
final class Deadline {

    private final long endNanos;
    private final boolean never;

    private Deadline(long endNanos, boolean never) {
        this.endNanos = endNanos;
        this.never = never;
    }

    static Deadline never() {
        return new Deadline(0, true);
    }

    static Deadline sinceJvmStart(Duration time) {
        long used = ManagementFactory.getRuntimeMXBean().getUptime() * 1_000_000L;
        return new Deadline(System.nanoTime() + time.toNanos() - used, false);
    }

    /** Whether there is no more time left than this. */
    boolean within(Duration time) {
        return !never && endNanos - System.nanoTime() <= time.toNanos();
    }

    /** Never negative; a very long time when there is none. */
    Duration left() {
        return never ? Duration.ofDays(1) : Duration.ofNanos(Math.max(0, endNanos - System.nanoTime()));
    }
}
