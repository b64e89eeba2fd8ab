// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics.latency;

import java.util.Locale;
import java.util.Map;

/** The answered calls of one side, kind and operation. Not to be changed. */
public record Latency(Side side, CallKind kind, Operation operation, Figures figures) implements LatencyMXData {

    private static final double MEDIAN = 0.5;
    private static final double P99 = 0.99;

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** For example {@code served.inline.read}. */
    public String label() {
        return getSide() + '.' + getKind() + '.' + getOperation();
    }

    @Override
    public String getSide() {
        return lower(side);
    }

    @Override
    public String getKind() {
        return lower(kind);
    }

    @Override
    public String getOperation() {
        return lower(operation);
    }

    @Override
    public long getCalls() {
        return figures.calls();
    }

    @Override
    public long getBytes() {
        return figures.bytes();
    }

    @Override
    public long getNanos() {
        return figures.nanos();
    }

    @Override
    public double getAverageMicros() {
        return figures.averageMicros();
    }

    @Override
    public double getP50Micros() {
        return figures.percentileMicros(MEDIAN);
    }

    @Override
    public double getP99Micros() {
        return figures.percentileMicros(P99);
    }

    @Override
    public Map<Long, Long> getBuckets() {
        return figures.buckets();
    }
}
