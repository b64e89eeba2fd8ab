// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.ports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
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

    private static List<Integer> both(int tcp, boolean shared, String... settings) {
        ServicePorts.Ports ports = ServicePorts.ports(service(tcp, tcp), config("tcp,rdma", settings), tcp, shared);
        assertThat(ports.first()).isFalse();
        return ports.ports();
    }

    private static List<Integer> alone(int first, int last, String... settings) {
        return ServicePorts.ports(service(first, last), config("rdma", settings), first, false).ports();
    }

    @Test
    @Tag("conformance-40")
    @Tag("conformance-63")
    void nfsKeepsItsTcpPortAndIsServedOn20049WithoutBeingAskedFor() {
        assertThat(both(2049, false)).containsExactly(20049);
        assertThat(both(2049, true)).containsExactly(20049, 2049);
        assertThat(alone(2049, 2049)).containsExactly(2049);
    }

    @Test
    void anotherServiceOnBothTransportsHasOnePortForBoth() {
        assertThat(both(3049, true)).containsExactly(3049);
        assertThat(both(3049, false)).as("a number in RDMA's own port space").containsExactly(3049);
        assertThat(both(3049, true, "oncrpc.rdma.port.nfs", "30049")).containsExactly(30049);
    }

    @Test
    void rulesGoByTheTcpPortOfTheService() {
        assertThat(both(33115, true, "oncrpc.rdma.port", "2049>20049,33115-33145>+10000")).containsExactly(43115);
        assertThat(both(2049, true, "oncrpc.rdma.port", "2049>20049,33115-33145>+10000")).containsExactly(20049);
        assertThat(both(5000, true, "oncrpc.rdma.port", "2049>20049")).as("a service that no rule names").isEmpty();
    }

    @Test
    void aServiceWithoutTcpTriesEachPortOfItsRange() {
        assertThat(alone(3000, 3002)).containsExactly(3000, 3001, 3002);
        assertThat(alone(3000, 3002, "oncrpc.rdma.port", "3001-3005>+10000")).containsExactly(13001, 13002);
        assertThatThrownBy(() -> alone(3000, 3002, "oncrpc.rdma.port", "2049>20049")).isInstanceOf(ConfigurationException.class)
                .hasMessage("no rule of oncrpc.rdma.port=2049>20049 names a port of the service nfs, 3000-3002: with oncrpc.transport=rdma "
                + "it needs one");
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
