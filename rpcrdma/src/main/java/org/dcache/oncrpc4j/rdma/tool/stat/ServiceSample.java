// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.stat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.metrics.CounterName;
import org.dcache.oncrpc4j.rdma.metrics.latency.Figures;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;

/**
 * A service at one moment.
 *
 * @param bean its name among the beans of its JVM
 * @param name what the application calls it; clients often have none
 * @param role "server" or "client"
 * @param counters by label; 0 when missing
 * @param providerProblems what its JVM counted as problems, for all services together, and no service shows; by label
 * @param lastProblems how often each problem of its JVM happens, and the last one: by label, with the names of {@code ProblemMXData}
 * @param connections what each is, by the names of {@code ConnectionMXData}
 * @param latencies of answered calls, by side, kind and operation, such as {@code served.inline.read}
 * @param nanos when, by {@link System#nanoTime}
 */
record ServiceSample(String pid, String bean, String name, String role, List<String> listeners, Map<String, Long> counters,
        Map<String, Long> providerProblems, Map<String, Map<String, Object>> lastProblems, List<Map<String, Object>> connections,
        Map<String, Figures> latencies, long nanos) {

    long get(CounterName counter) {
        return counters.getOrDefault(counter.label(), 0L);
    }

    /**
     * Takes out of the problems of the process, which all samples of a JVM share, those of the engine that its services show themselves.
     * What stays belongs to a device that they share, or to a service that has ended.
     */
    static void leaveOutOwn(List<ServiceSample> samples) {
        for (ServiceSample sample : samples) {
            sample.providerProblems().replaceAll((label, count) -> label.startsWith(XprtCounter.SENDS.group() + '.')
                    ? count - sample.counters().getOrDefault(label, 0L) : count);
        }
        samples.forEach(sample -> sample.providerProblems().values().removeIf(count -> count <= 0));
    }

    /**
     * Whether this is the same service as that of an earlier look. A service may have the name of one that has ended, also in another
     * process with the same id, as in containers: then something has counted down.
     */
    boolean continues(ServiceSample earlier) {
        return pid.equals(earlier.pid) && bean.equals(earlier.bean)
                && earlier.counters.entrySet().stream().allMatch(e -> counters.getOrDefault(e.getKey(), 0L) >= e.getValue());
    }

    /** For JSON. */
    Map<String, Object> members() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("pid", Long.valueOf(pid));
        members.put("service", name);
        members.put("role", role);
        members.put("listeners", listeners);
        members.put("counters", counters);
        members.put("provider_problems", providerProblems);
        members.put("last_problems", lastProblems);
        members.put("connections", connections);
        Map<String, Object> all = new LinkedHashMap<>();
        latencies.forEach((label, figures) -> {
            Map<String, Object> of = new LinkedHashMap<>();
            of.put("calls", figures.calls());
            of.put("bytes", figures.bytes());
            of.put("nanos", figures.nanos());
            Map<String, Object> buckets = new LinkedHashMap<>();
            figures.buckets().forEach((bound, count) -> buckets.put(bound.toString(), count));
            of.put("buckets", buckets);
            all.put(label, of);
        });
        members.put("latencies", all);
        return members;
    }
}
