// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.counters;

import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;

/** The transport's counters and gauges in this JVM. Any thread. */
public final class JmxCounters {

    private JmxCounters() {}

    /** What was counted, by label, all beans of that type added up; empty when this JVM has no RDMA transport. */
    public static Optional<Map<String, Long>> read() throws JMException {
        return read("Counters");
    }

    /** The same as one line: {@code counters} and a {@code name=value} each, or {@code no-counters}. */
    public static String line() throws JMException {
        return read().map(all -> all.entrySet().stream().map(Object::toString).collect(Collectors.joining(" ", "counters ", "")))
                .orElse("no-counters");
    }

    /** What is held at this moment, likewise. */
    public static Optional<Map<String, Long>> gauges() throws JMException {
        return read("Gauges");
    }

    private static Optional<Map<String, Long>> read(String attribute) throws JMException {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        Set<ObjectName> beans = server.queryNames(new ObjectName("org.dcache.oncrpc4j.rdma:type=Counters,*"), null);
        Map<String, Long> sums = new TreeMap<>();
        for (ObjectName bean : beans) {
            for (Object row : ((TabularData) server.getAttribute(bean, attribute)).values()) {
                sums.merge((String) ((CompositeData) row).get("key"), (Long) ((CompositeData) row).get("value"), Long::sum);
            }
        }
        return beans.isEmpty() ? Optional.empty() : Optional.of(sums);
    }
}
