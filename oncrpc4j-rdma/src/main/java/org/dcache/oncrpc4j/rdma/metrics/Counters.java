// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.dcache.oncrpc4j.rdma.metrics.jfr.Recorder;
import org.dcache.oncrpc4j.rdma.metrics.latency.Latencies;

/**
 * A set of counters. Any thread may count or read at any time; reading is not a snapshot of one instant. A set with a parent counts there
 * as well, so that the process-wide set is the sum of all services and adapters, also of closed ones. How long calls took belongs to it.
 *
 * <p>Of a problem the process-wide set also keeps how often it happens, and with whom and why it did last: who counts for one peer does so
 * {@linkplain #toward toward} it.
 */
public final class Counters {

    private static final Counters PROCESS = new Counters(null);

    /** Null for a set of its own; else all is counted there. */
    private final Counters set;
    private final Object peer;
    private final Counters parent;
    private final Latencies latencies;
    private volatile Group[] groups = {};
    /** Of the process-wide set alone. */
    private final Map<CounterName, Problem> last;

    private Counters(Counters parent) {
        this.set = null;
        this.peer = null;
        this.parent = parent;
        this.latencies = new Latencies(parent == null ? null : parent.latencies);
        this.last = parent == null ? new ConcurrentHashMap<>() : null;
    }

    private Counters(Counters set, Object peer) {
        this.set = set;
        this.peer = peer;
        this.parent = set.parent;
        this.latencies = set.latencies;
        this.last = set.last;
    }

    /** The set that sums up the whole process. */
    public static Counters process() {
        return PROCESS;
    }

    /** A new set of counters that counts in {@code this} as well. */
    public Counters child() {
        return new Counters(own());
    }

    /** This set, for what happens with one peer: problems are noted with its name, which is asked for when somebody looks. */
    public Counters toward(Object address) {
        return new Counters(own(), address);
    }

    private Counters own() {
        return set == null ? this : set;
    }

    public Latencies latencies() {
        return latencies;
    }

    public void increment(CounterName name) {
        add(name, 1);
    }

    /** Of a problem: with the words for people, which say more than its name. */
    public void increment(CounterName name, String cause) {
        add(name, 1, peer, cause);
    }

    /** Of a problem that has no connection yet. */
    public void increment(CounterName name, Object who, String cause) {
        add(name, 1, who, cause);
    }

    public void add(CounterName name, long n) {
        add(name, n, peer, null);
    }

    private void add(CounterName name, long n, Object who, String cause) {
        if (n == 0) {
            return;
        }
        Counters root = null;
        for (Counters c = own(); c != null; c = c.parent) {
            c.of(name).add(n);
            root = c;
        }
        if (name.problem()) {
            root.last.computeIfAbsent(name, first -> new Problem()).happened(n, System.nanoTime(), who, cause);
            Recorder.problem(name.label(), who, cause);
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
        return own().of(name).sum();
    }

    /** All counters that are not 0, by label. */
    public Map<String, Long> snapshot() {
        return snapshot(name -> true);
    }

    /** Those of {@link #snapshot} that count problems. */
    public Map<String, Long> problems() {
        return snapshot(CounterName::problem);
    }

    /** Of each problem that ever was, in the process: how often it happens, and the last one. */
    public List<ProblemMXData> lastProblems() {
        Counters root = own();
        while (root.parent != null) {
            root = root.parent;
        }
        List<ProblemMXData> all = new ArrayList<>();
        root.last.forEach((name, problem) -> all.add(problem.look(name.label(), System.nanoTime())));
        all.sort(Comparator.comparing(ProblemMXData::getCounter));
        return all;
    }

    private Map<String, Long> snapshot(Predicate<CounterName> wanted) {
        Map<String, Long> result = new TreeMap<>();
        for (Group group : own().groups) {
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
