// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.ConfigurationException;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ServicePortsTest {

    private static ServiceContext service(int first, int last) {
        return new ServiceContext("nfs", false, Map.of(), null, null, false, c -> {}, first, last, "0.0.0.0", 1, false, false);
    }

    private static Configuration config(String transport, String... settings) {
        Map<String, String> all = new HashMap<>(Map.of("oncrpc.transport", transport));
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        return Configuration.of(all);
    }

    @Test
    @Tag("conformance-40")
    @Tag("conformance-63")
    void nfsKeepsItsTcpPortAndIsServedOn20049WithoutBeingAskedFor() {
        assertThat(ServicePorts.range(service(2049, 2049), config("tcp,rdma"))).isEqualTo(new ServicePorts.Range(20049, 20049));
        assertThat(ServicePorts.range(service(2049, 2049), config("rdma"))).isEqualTo(new ServicePorts.Range(2049, 2049));
    }

    @Test
    void anotherServiceOnBothTransportsMustBeGivenAPort() {
        assertThatThrownBy(() -> ServicePorts.range(service(3049, 3049), config("tcp,rdma"))).isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("oncrpc.rdma.port.nfs");
        assertThat(ServicePorts.range(service(3049, 3049), config("tcp,rdma", "oncrpc.rdma.port.nfs", "30049")))
                .isEqualTo(new ServicePorts.Range(30049, 30049));
    }

    @Test
    @Tag("conformance-63")
    void aClientOfBothTransportsReachesNfsOn20049AndAllElseByTcp() {
        Configuration both = config("tcp,rdma");
        assertThat(ServicePorts.diverts(new InetSocketAddress("127.0.0.1", 2049), both)).isTrue();
        assertThat(ServicePorts.target(new InetSocketAddress("127.0.0.1", 2049), both).getPort()).isEqualTo(20049);
        assertThat(ServicePorts.diverts(new InetSocketAddress("127.0.0.1", 3049), both)).isFalse();
        assertThat(ServicePorts.diverts(new InetSocketAddress("127.0.0.1", 3049), config("rdma"))).isTrue();
    }

    @Test
    void thePortmapperIsNeverDiverted() {
        assertThat(ServicePorts.diverts(new InetSocketAddress("127.0.0.1", 111), config("rdma"))).isFalse();
        assertThat(ServicePorts.diverts(new InetSocketAddress("127.0.0.1", 111), config("tcp,rdma"))).isFalse();
        assertThatThrownBy(() -> config("tcp,rdma", "oncrpc.rdma.connect", "111>20049")).isInstanceOf(ConfigurationException.class);
    }
}
