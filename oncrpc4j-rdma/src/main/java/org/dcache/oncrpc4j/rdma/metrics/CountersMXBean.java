// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.metrics.latency.LatencyMXData;

/** What a JMX client sees of {@link Counters#process()} and {@link Gauges#process()}. */
public interface CountersMXBean {

    /** All counters that ever counted, by label, for example {@code xprt.sends}. Not a snapshot of one instant. */
    Map<String, Long> getCounters();

    /** Those of the counters that count refusals, drops and errors, of the engine and of the providers. */
    Map<String, Long> getProblems();

    /** How often each problem happens, and the last one. */
    List<ProblemMXData> getLastProblems();

    /** What is held at this moment, by label, for example {@code xprt.connections}. Not a snapshot of one instant. */
    Map<String, Long> getGauges();

    /** Calls that were answered, by side, kind and operation, since the start. */
    List<LatencyMXData> getLatencies();

    /** How many calls took no longer than that many seconds, for example {@code served.inline.read.0.000131072}, for Prometheus. */
    Map<String, Long> getLatencyBuckets();

    /** Their number, bytes and nanoseconds, for example {@code served.inline.read.bytes}. */
    Map<String, Long> getLatencySums();
}
