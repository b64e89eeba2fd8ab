// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.metrics.jfr.Recorder;
import org.dcache.oncrpc4j.rdma.metrics.latency.LatencyMXData;
import org.dcache.oncrpc4j.rdma.metrics.latency.LatencyTables;

/**
 * Shows the process-wide counters on the platform MBean server as {@code org.dcache.oncrpc4j.rdma:type=Counters}, and its latencies to
 * Flight Recorder, as long as somebody has {@link #acquire}d them: who is loaded by a web application must {@link #release} when its last
 * service is gone. Any thread.
 *
 * <p>Where two loaders of one JVM have a transport each, the second one's bean has {@code id=2} in its name, and so on: a reader that wants
 * all of them asks for {@code org.dcache.oncrpc4j.rdma:type=Counters,*} and adds up.
 */
public final class CountersManagement {

    /** Name of the bean. */
    public static final String NAME = "org.dcache.oncrpc4j.rdma:type=Counters";

    // guarded by the class
    private static ManagementBean bean;
    private static Runnable endReports;
    private static int users;

    private CountersManagement() {}

    /** Registers the bean for one user more. */
    public static synchronized void acquire() {
        if (users == 0) {
            bean = ManagementBean.register(NAME, new Bean());
            endReports = Recorder.latencies(Counters.process().latencies());
        }
        users++;
    }

    /** Gives one {@link #acquire} back; the last one takes the bean away. */
    public static synchronized void release() {
        if (--users == 0) {
            endReports.run();
            endReports = null;
            bean.close();
            bean = null;
        }
    }

    private static final class Bean implements CountersMXBean {
        @Override
        public Map<String, Long> getCounters() {
            return Counters.process().snapshot();
        }

        @Override
        public Map<String, Long> getProblems() {
            return Counters.process().problems();
        }

        @Override
        public List<ProblemMXData> getLastProblems() {
            return Counters.process().lastProblems();
        }

        @Override
        public Map<String, Long> getGauges() {
            return Gauges.process().snapshot();
        }

        @Override
        public List<LatencyMXData> getLatencies() {
            return List.copyOf(Counters.process().latencies().snapshot());
        }

        @Override
        public Map<String, Long> getLatencyBuckets() {
            return LatencyTables.buckets(Counters.process().latencies().snapshot());
        }

        @Override
        public Map<String, Long> getLatencySums() {
            return LatencyTables.sums(Counters.process().latencies().snapshot());
        }
    }
}
