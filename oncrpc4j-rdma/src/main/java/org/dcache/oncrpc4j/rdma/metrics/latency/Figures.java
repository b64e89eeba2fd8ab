// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics.latency;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What there is to say of a number of calls: since the start, or between two looks as the difference of both. Not to be changed.
 *
 * @param calls how many were answered
 * @param bytes of calls and replies together
 * @param nanos how long they took together
 * @param buckets how many of them took less than this many nanoseconds, and no less than the key before; those of none are left out
 */
public record Figures(long calls, long bytes, long nanos, SortedMap<Long, Long> buckets) {

    public static final Figures NONE = new Figures(0, 0, 0, new TreeMap<>());

    private static final double MICROS = 1e3;

    public Figures plus(Figures more) {
        return with(more, 1);
    }

    /** What has come since then. */
    public Figures minus(Figures before) {
        return with(before, -1);
    }

    private Figures with(Figures other, int sign) {
        SortedMap<Long, Long> sum = new TreeMap<>(buckets);
        other.buckets.forEach((bound, count) -> sum.merge(bound, sign * count, Long::sum));
        sum.values().removeIf(count -> count == 0);
        return new Figures(calls + sign * other.calls, bytes + sign * other.bytes, nanos + sign * other.nanos, sum);
    }

    public double averageMicros() {
        return calls == 0 ? 0 : nanos / MICROS / calls;
    }

    /**
     * What this share of the calls stayed below, an eighth too much at most.
     *
     * @param share above 0, up to 1
     */
    public double percentileMicros(double share) {
        long all = buckets.values().stream().mapToLong(Long::longValue).sum();
        long wanted = (long) Math.ceil(share * all);
        long seen = 0;
        for (Map.Entry<Long, Long> bucket : buckets.entrySet()) {
            seen += bucket.getValue();
            if (seen >= wanted) {
                return bucket.getKey() / MICROS;
            }
        }
        return 0;
    }
}
