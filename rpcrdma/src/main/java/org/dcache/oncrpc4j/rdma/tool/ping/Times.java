// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.ping;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Some times, in nanoseconds, and what is said about them. One thread. */
final class Times {

    private static final double NANOS_PER_MICRO = 1e3;

    private long[] nanos = new long[16];
    private int count;

    void add(long time) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, count * 2);
        }
        nanos[count++] = time;
    }

    int count() {
        return count;
    }

    /** Smallest; 0 when there is none. */
    long min() {
        return sorted(0);
    }

    /** The upper one of the two in the middle when the count is even. */
    long median() {
        return sorted(count / 2);
    }

    long max() {
        return sorted(count - 1);
    }

    private long sorted(int index) {
        long[] copy = Arrays.copyOf(nanos, count);
        Arrays.sort(copy);
        return count == 0 ? 0 : copy[index];
    }

    /** For JSON, in microseconds. */
    Map<String, Object> micros() {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("count", count);
        result.put("min", min() / NANOS_PER_MICRO);
        result.put("median", median() / NANOS_PER_MICRO);
        result.put("max", max() / NANOS_PER_MICRO);
        return result;
    }

    /** For people. */
    static String text(long nanos) {
        double micros = nanos / NANOS_PER_MICRO;
        return micros < NANOS_PER_MICRO ? String.format(Locale.ROOT, "%.1f us", micros)
                : String.format(Locale.ROOT, "%.2f ms", micros / NANOS_PER_MICRO);
    }
}
