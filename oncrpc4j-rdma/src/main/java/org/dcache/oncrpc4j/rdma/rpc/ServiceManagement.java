// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.management.ObjectName;
import org.dcache.oncrpc4j.rdma.metrics.ConnectionMXData;
import org.dcache.oncrpc4j.rdma.metrics.ManagementBean;
import org.dcache.oncrpc4j.rdma.metrics.ServiceMXBean;
import org.dcache.oncrpc4j.rdma.metrics.latency.LatencyMXData;

/** A service as JMX shows it, {@code org.dcache.oncrpc4j.rdma:type=Service,name="…",role=…}. Read by JMX's threads; nothing blocks. */
final class ServiceManagement implements ServiceMXBean {

    private final RdmaEndpoint endpoint;

    private ServiceManagement(RdmaEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    static ManagementBean register(RdmaEndpoint endpoint) {
        ServiceManagement bean = new ServiceManagement(endpoint);
        return ManagementBean.register("org.dcache.oncrpc4j.rdma:type=Service,name=" + ObjectName.quote(bean.getName()) + ",role="
                + bean.getRole(), bean);
    }

    @Override
    public String getName() {
        return Objects.requireNonNullElse(endpoint.service().name(), "");
    }

    @Override
    public String getRole() {
        return endpoint.service().client() ? "client" : "server";
    }

    @Override
    public List<String> getListeners() {
        return endpoint.listeners().stream().map(Object::toString).toList();
    }

    @Override
    public Map<String, Long> getCounters() {
        return endpoint.counters().snapshot();
    }

    @Override
    public List<LatencyMXData> getLatencies() {
        return List.copyOf(endpoint.counters().latencies().snapshot());
    }

    @Override
    public List<ConnectionMXData> getConnections() {
        return endpoint.connections().stream().<ConnectionMXData>map(transport -> new ConnectionView(transport.connection())).toList();
    }
}
