// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.stat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.dcache.oncrpc4j.rdma.metrics.latency.Figures;
import org.junit.jupiter.api.Test;

class LatencyTextTest {

    private static final long MILLI = 1_000_000;

    private static ServiceSample sample(long seconds, Map<String, Figures> latencies) {
        return new ServiceSample("4711", "bean", "nfs", "server", List.of(), Map.of(), Map.of(), Map.of(), List.of(), latencies,
                seconds * 1_000 * MILLI);
    }

    private static Figures figures(long calls, long bytes, long millis, Map<Long, Long> buckets) {
        return new Figures(calls, bytes, millis * MILLI, new TreeMap<>(buckets));
    }

    @Test
    void totalsHaveALineForEachWayAndOneForEachNameAndNullIsApart() {
        String text = LatencyText.of(sample(1, Map.of(
                "served.inline.null", figures(7, 7 << 10, 7, Map.of(2 * MILLI, 7L)),
                "served.inline.read", figures(2, 2 << 10, 4, Map.of(2 * MILLI, 2L)),
                "served.chunk.read", figures(2, 6 << 10, 12, Map.of(8 * MILLI, 2L)),
                "served.inline.unnamed", figures(1, 1 << 10, 1, Map.of(MILLI, 1L)),
                "called.long.other", figures(1, 9 << 10, 5, Map.of(8 * MILLI, 1L)))), null);
        assertThat(text.lines().map(line -> line.trim().replaceAll(" {2,}", "|"))).containsExactly("ops|kB|kB/op|avg ms|p99 ms",
                "called: long|1|9.00|9.00|5.00|8.00", "called: others|1|9.00|9.00|5.00|8.00",
                "served: NULL|7|7.00|1.00|1.00|2.00", "served: inline|3|3.00|1.00|1.67|2.00",
                "served: by chunk|2|6.00|3.00|6.00|8.00", "served: READ|4|8.00|2.00|4.00|8.00");
    }

    /** The queue is Little's law: what all of them took, by the time in which they came. */
    @Test
    void ratesAreOfTheCallsBetweenTwoLooksAlone() {
        ServiceSample before = sample(1, Map.of("served.inline.getattr", figures(1000, 0, 9_000, Map.of(64 * MILLI, 1000L))));
        ServiceSample now = sample(5, Map.of("served.inline.getattr", figures(1008, 4 << 10, 9_016,
                Map.of(64 * MILLI, 1000L, 2 * MILLI, 7L, 4 * MILLI, 1L))));
        assertThat(LatencyText.of(now, before).lines().map(line -> line.trim().replaceAll(" {2,}", "|"))).containsExactly(
                "ops/s|kB/s|kB/op|avg ms|p99 ms|queue", "served: inline|2.00|1.00|0.50|2.00|4.00|0.00",
                "served: GETATTR|2.00|1.00|0.50|2.00|4.00|0.00");
        assertThat(LatencyText.of(sample(1, Map.of()), null)).isEmpty();
    }
}
