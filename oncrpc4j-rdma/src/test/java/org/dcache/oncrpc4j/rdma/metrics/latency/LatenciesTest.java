// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics.latency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LatenciesTest {

    private static final int MICRO = 1_000;

    private final Latencies process = new Latencies(null);
    private final Latencies service = new Latencies(process);

    @Test
    void whatAServiceRecordsIsInTheProcessTooAndKeptApartBySideKindAndOperation() {
        service.record(Side.SERVED, CallKind.CHUNK, Operation.READ, 10 * MICRO, 100);
        service.record(Side.CALLED, CallKind.INLINE, Operation.NULL, 10 * MICRO, 7);
        new Latencies(process).record(Side.SERVED, CallKind.CHUNK, Operation.READ, 30 * MICRO, 50);
        assertThat(service.snapshot()).extracting(Latency::label, Latency::getCalls, Latency::getBytes).containsExactly(
                tuple("called.inline.null", 1L, 7L),
                tuple("served.chunk.read", 1L, 100L));
        Latency reads = process.snapshot().get(1);
        assertThat(reads.getCalls()).isEqualTo(2);
        assertThat(reads.getAverageMicros()).isEqualTo(20);
        assertThat(reads.getP50Micros()).isBetween(10.0, 11.25);
        assertThat(reads.getP99Micros()).isBetween(30.0, 33.75);
    }

    @Test
    void differencesForgetWhatWasBefore() {
        Figures before = new Figures(2, 20, 200, new TreeMap<>(Map.of(1024L, 1L, 2048L, 1L)));
        Figures now = new Figures(5, 50, 500, new TreeMap<>(Map.of(1024L, 1L, 2048L, 3L, 4096L, 1L)));
        assertThat(now.minus(before)).isEqualTo(new Figures(3, 30, 300, new TreeMap<>(Map.of(2048L, 2L, 4096L, 1L))));
        assertThat(Figures.NONE.percentileMicros(1)).isZero();
        assertThat(Figures.NONE.averageMicros()).isZero();
    }

    @Test
    void collectorsGetEveryBucketAndEachHoldsTheOnesBeforeIt() {
        process.record(Side.SERVED, CallKind.INLINE, Operation.GETATTR, 10 * MICRO, 100);
        process.record(Side.SERVED, CallKind.INLINE, Operation.GETATTR, 100_000_000L * MICRO, 100);
        Map<String, Long> buckets = LatencyTables.buckets(process.snapshot());
        assertThat(buckets).hasSize(23).containsEntry("served.inline.getattr.0.000008192", 0L)
                .containsEntry("served.inline.getattr.0.000016384", 1L).containsEntry("served.inline.getattr.17.179869184", 1L)
                .containsEntry("served.inline.getattr.+Inf", 2L);
        assertThat(LatencyTables.sums(process.snapshot())).isEqualTo(Map.of("served.inline.getattr.calls", 2L,
                "served.inline.getattr.bytes", 200L, "served.inline.getattr.nanos", 100_000_010L * MICRO));
    }

    @Test
    void theHeavierWayOfCallAndReplyCounts() {
        assertThat(CallKind.INLINE.and(CallKind.CHUNK)).isEqualTo(CallKind.CHUNK);
        assertThat(CallKind.LONG.and(CallKind.CHUNK)).isEqualTo(CallKind.LONG);
    }
}
