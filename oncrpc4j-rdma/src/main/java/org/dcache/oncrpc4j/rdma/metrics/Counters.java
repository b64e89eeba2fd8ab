// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * A set of counters. Any thread may count or read at any time; reading is not a snapshot of one instant.
 * A set with a parent counts there as well, so that the process-wide
 * set is the sum of all services and adapters, also of closed ones.
 */
public final class Counters {

    private static final Counters PROCESS = new Counters(null);

    private final Counters parent;
    private final ConcurrentHashMap<CounterName, LongAdder> values = new ConcurrentHashMap<>();

    private Counters(Counters parent) {
        this.parent = parent;
    }

    /** The set that sums up the whole process. */
    public static Counters process() {
        return PROCESS;
    }

    /** A new set of counters that counts in {@code this} as well. */
    public Counters child() {
        return new Counters(this);
    }

    public void increment(CounterName name) {
        add(name, 1);
    }

    public void add(CounterName name, long n) {
        for (Counters c = this; c != null; c = c.parent) {
            c.of(name).add(n);
        }
    }

    private LongAdder of(CounterName name) {
        LongAdder adder = values.get(name);
        return adder != null ? adder : values.computeIfAbsent(name, k -> new LongAdder());
    }

    public long get(CounterName name) {
        LongAdder adder = values.get(name);
        return adder == null ? 0 : adder.sum();
    }

    /** All counters that ever counted, by label. */
    public Map<String, Long> snapshot() {
        Map<String, Long> result = new TreeMap<>();
        values.forEach((name, adder) -> result.put(name.label(), adder.sum()));
        return result;
    }
}
