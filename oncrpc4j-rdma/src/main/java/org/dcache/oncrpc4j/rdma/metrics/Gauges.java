// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Levels of what the process holds at this moment, where {@link Counters} say what ever happened: back at its level before means nothing
 * was leaked. Whoever holds something adds a gauge for it and takes it away when it is closed; gauges of the same name are added up. Any
 * thread; reading costs those who read, nobody else.
 */
public final class Gauges {

    private static final Gauges PROCESS = new Gauges();

    private final Set<Gauge> gauges = ConcurrentHashMap.newKeySet();

    private Gauges() {}

    /** Those of the whole process. */
    public static Gauges process() {
        return PROCESS;
    }

    /**
     * Adds one until it is closed.
     *
     * @param level asked by any thread at any time; quick, and without side effects
     */
    public Gauge add(MetricName name, LongSupplier level) {
        Gauge gauge = new Gauge(this, name, level);
        gauges.add(gauge);
        return gauge;
    }

    /** All levels by label, also those that are 0. Not a snapshot of one instant. */
    public Map<String, Long> snapshot() {
        Map<String, Long> result = new TreeMap<>();
        for (Gauge gauge : gauges) {
            result.merge(gauge.name.label(), gauge.level.getAsLong(), Long::sum);
        }
        return result;
    }

    /** One that was added. */
    public static final class Gauge implements AutoCloseable {

        private final Gauges owner;
        private final MetricName name;
        private final LongSupplier level;

        private Gauge(Gauges owner, MetricName name, LongSupplier level) {
            this.owner = owner;
            this.name = name;
            this.level = level;
        }

        @Override
        public void close() {
            owner.gauges.remove(this);
        }
    }
}
