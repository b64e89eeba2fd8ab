// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics.latency;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A histogram for each side, kind and operation that ever came. Any thread may record or read at any time. A set with a parent records
 * there as well, so that the process-wide one is the sum of all services, also of ended ones. A call that failed, or that nobody answers,
 * is not here: counters say why it was not answered.
 */
public final class Latencies {

    private static final Side[] SIDES = Side.values();
    private static final CallKind[] KINDS = CallKind.values();
    private static final Operation[] OPERATIONS = Operation.values();

    private final Latencies parent;
    /** Null where nothing came. */
    private final AtomicReferenceArray<Histogram> histograms = new AtomicReferenceArray<>(SIDES.length * KINDS.length * OPERATIONS.length);

    /** @param parent may be null */
    public Latencies(Latencies parent) {
        this.parent = parent;
    }

    /**
     * A call was answered.
     *
     * @param bytes of call and reply
     */
    public void record(Side side, CallKind kind, Operation operation, long nanos, long bytes) {
        int index = (side.ordinal() * KINDS.length + kind.ordinal()) * OPERATIONS.length + operation.ordinal();
        for (Latencies set = this; set != null; set = set.parent) {
            set.histogram(index).record(nanos, bytes);
        }
    }

    private Histogram histogram(int index) {
        Histogram there = histograms.get(index);
        if (there == null) {
            histograms.compareAndSet(index, null, new Histogram());
            there = histograms.get(index);
        }
        return there;
    }

    /** All that ever came. */
    public List<Latency> snapshot() {
        List<Latency> all = new ArrayList<>();
        for (int i = 0; i < histograms.length(); i++) {
            Histogram histogram = histograms.get(i);
            if (histogram != null) {
                int pair = i / OPERATIONS.length;
                all.add(new Latency(SIDES[pair / KINDS.length], KINDS[pair % KINDS.length], OPERATIONS[i % OPERATIONS.length],
                        histogram.figures()));
            }
        }
        return all;
    }
}
