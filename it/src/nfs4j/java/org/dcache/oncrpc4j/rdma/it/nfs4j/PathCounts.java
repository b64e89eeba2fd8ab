// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.TreeMap;
import javax.management.JMX;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.dcache.oncrpc4j.rdma.metrics.CountersMXBean;

/** What the transport of this JVM has counted since an instance was made; client and server both count. One thread. */
final class PathCounts {

    private final Map<String, Long> before = read();

    private static Map<String, Long> read() {
        try {
            MBeanServer server = ManagementFactory.getPlatformMBeanServer();
            Map<String, Long> sum = new TreeMap<>();
            for (ObjectName name : server.queryNames(new ObjectName("org.dcache.oncrpc4j.rdma:type=Counters,*"), null)) {
                JMX.newMXBeanProxy(server, name, CountersMXBean.class).getCounters().forEach((label, n) -> sum.merge(label, n, Long::sum));
            }
            return sum;
        } catch (javax.management.JMException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @param label without its group, for example {@code server_reply_long} */
    long of(String label) {
        return read().getOrDefault("xprt." + label, 0L) - before.getOrDefault("xprt." + label, 0L);
    }

    /** All that has counted since. */
    Map<String, Long> all() {
        Map<String, Long> since = read();
        since.replaceAll((label, n) -> n - before.getOrDefault(label, 0L));
        since.values().removeIf(n -> n == 0);
        return since;
    }
}
