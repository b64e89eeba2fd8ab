// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics.latency;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Latencies as flat tables of numbers that only grow, for collectors that know neither arrays nor differences. Stateless. */
public final class LatencyTables {

    /** 8 us to 17 s: a bucket for each power of two, as many as a collector keeps without regret. */
    private static final int FIRST = 13;
    private static final int LAST = 34;
    private static final int NANO_DIGITS = 9;

    private LatencyTables() {}

    /**
     * How many took no longer than that many seconds, with {@code +Inf} for all of them, like the buckets of Prometheus: for example
     * {@code served.inline.read.0.000131072}. Every bucket of what ever came is there.
     */
    public static Map<String, Long> buckets(List<Latency> latencies) {
        Map<String, Long> table = new TreeMap<>();
        for (Latency latency : latencies) {
            for (int power = FIRST; power <= LAST; power++) {
                long bound = 1L << power;
                table.put(latency.label() + '.' + BigDecimal.valueOf(bound, NANO_DIGITS).toPlainString(),
                        latency.getBuckets().entrySet().stream().filter(bucket -> bucket.getKey() <= bound)
                                .mapToLong(Map.Entry::getValue).sum());
            }
            table.put(latency.label() + ".+Inf", latency.getCalls());
        }
        return table;
    }

    /** Calls, bytes, nanoseconds: for example {@code served.inline.read.bytes}. */
    public static Map<String, Long> sums(List<Latency> latencies) {
        Map<String, Long> table = new TreeMap<>();
        for (Latency latency : latencies) {
            table.put(latency.label() + ".calls", latency.getCalls());
            table.put(latency.label() + ".bytes", latency.getBytes());
            table.put(latency.label() + ".nanos", latency.getNanos());
        }
        return table;
    }
}
