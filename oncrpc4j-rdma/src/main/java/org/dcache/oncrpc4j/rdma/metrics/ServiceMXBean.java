// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.metrics.latency.LatencyMXData;

/**
 * What a JMX client sees of one service: {@code org.dcache.oncrpc4j.rdma:type=Service,name="…",role=server}. Nothing in it is a snapshot of
 * one instant.
 */
public interface ServiceMXBean {

    /** As the application called it. */
    String getName();

    /** "server" or "client". */
    String getRole();

    /** Addresses on which it accepts RDMA connections; none for a client. */
    List<String> getListeners();

    /**
     * Its counters that are not 0, also those of ended connections, by label, for example {@code xprt.sends}. What a device counts for all
     * its services is only in {@link CountersMXBean}.
     */
    Map<String, Long> getCounters();

    /** Its calls that were answered, by side, kind and operation, also those of ended connections. */
    List<LatencyMXData> getLatencies();

    /** The connections that are up. */
    List<ConnectionMXData> getConnections();
}
