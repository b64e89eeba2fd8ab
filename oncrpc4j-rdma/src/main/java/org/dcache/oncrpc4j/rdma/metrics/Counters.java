// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.dcache.oncrpc4j.rdma.metrics.jfr.Recorder;
import org.dcache.oncrpc4j.rdma.metrics.latency.Latencies;

/**
 * A set of counters. Any thread may count or read at any time; reading is not a snapshot of one instant. A set with a parent counts there
 * as well, so that the process-wide set is the sum of all services and adapters, also of closed ones. How long calls took belongs to it.
 */
public final class Counters {

    private static final Counters PROCESS = new Counters(null);

    private final Counters parent;
    private final Latencies latencies;
    private volatile Group[] groups = {};

    private Counters(Counters parent) {
        this.parent = parent;
        this.latencies = new Latencies(parent == null ? null : parent.latencies);
    }

    /** The set that sums up the whole process. */
    public static Counters process() {
        return PROCESS;
    }

    /** A new set of counters that counts in {@code this} as well. */
    public Counters child() {
        return new Counters(this);
    }

    public Latencies latencies() {
        return latencies;
    }

    public void increment(CounterName name) {
        add(name, 1);
    }

    public void add(CounterName name, long n) {
        if (n == 0) {
            return;
        }
        for (Counters c = this; c != null; c = c.parent) {
            c.of(name).add(n);
        }
        if (name.problem()) {
            Recorder.problem(name.label());
        }
    }

    /** Groups are few and their constants numbered: a look along a short list and an index, no hashing. */
    private LongAdder of(CounterName name) {
        Enum<?> constant = (Enum<?>) name;
        Class<?> type = constant.getDeclaringClass();
        for (Group group : groups) {
            if (group.type == type) {
                return group.adders[constant.ordinal()];
            }
        }
        return addGroup(type).adders[constant.ordinal()];
    }

    private synchronized Group addGroup(Class<?> type) {
        for (Group group : groups) {
            if (group.type == type) {
                return group;
            }
        }
        Group group = new Group(type);
        Group[] more = Arrays.copyOf(groups, groups.length + 1);
        more[groups.length] = group;
        groups = more;
        return group;
    }

    public long get(CounterName name) {
        return of(name).sum();
    }

    /** All counters that are not 0, by label. */
    public Map<String, Long> snapshot() {
        return snapshot(name -> true);
    }

    /** Those of {@link #snapshot} that count problems. */
    public Map<String, Long> problems() {
        return snapshot(CounterName::problem);
    }

    private Map<String, Long> snapshot(Predicate<CounterName> wanted) {
        Map<String, Long> result = new TreeMap<>();
        for (Group group : groups) {
            for (int i = 0; i < group.adders.length; i++) {
                long sum = group.adders[i].sum();
                CounterName name = (CounterName) group.type.getEnumConstants()[i];
                if (sum != 0 && wanted.test(name)) {
                    result.put(name.label(), sum);
                }
            }
        }
        return result;
    }

    /** The counters of one enum. */
    private static final class Group {
        private final Class<?> type;
        private final LongAdder[] adders;

        Group(Class<?> type) {
            this.type = type;
            this.adders = new LongAdder[type.getEnumConstants().length];
            Arrays.setAll(adders, i -> new LongAdder());
        }
    }
}
