// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.iwarp.IwarpProvider;
import org.dcache.oncrpc4j.rdma.rpc.harness.EndpointFixture;
import org.dcache.oncrpc4j.rdma.verbs.LimitedProvider;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.xprt.link.DevicePool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * {@code oncrpc.rdma.port=same} with {@code tcp,rdma} on providers for devices, whose ports are not TCP's. The device here is software that
 * shares no port; its port space is its own as long as nobody binds the service's TCP port, which is done only to be an iWARP card.
 */
@Timeout(120)
class SamePortOnDevicesTest extends EndpointFixture {

    private InetSocketAddress tcp;

    private RdmaEndpoint endpoint(boolean client, String transport, String providers) throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            tcp = tcp == null ? (InetSocketAddress) free.getLocalSocketAddress() : tcp;
        }
        Configuration config = Configuration.of(Map.of("oncrpc.transport", transport, "oncrpc.rdma.provider", providers,
                "oncrpc.rdma.memory", "64m"));
        List<VerbsProvider> all = List.of(new LimitedProvider(new IwarpProvider(), "disni"), new IwarpProvider());
        return opened(new RdmaEndpoint(pool(client, tcp.getPort()), config, c -> DevicePool.acquire(c, all)));
    }

    @Test
    void aDeviceListensItselfOnTheNumberOfTheTcpPort() throws IOException {
        RdmaEndpoint service = endpoint(false, "tcp,rdma", "disni");
        service.start(tcp);
        assertThat(service.listeners()).containsExactly(tcp);
        try (SocketChannel accepted = SocketChannel.open()) {
            assertThat(service.take(accepted, ByteBuffer.allocate(0))).as("what comes to the TCP port is not its own").isFalse();
        }
        RdmaEndpoint client = endpoint(true, "rdma", "disni");
        client.start();
        assertThat(client.connect(tcp, 20, TimeUnit.SECONDS).isOpen()).isTrue();
    }

    @Test
    void aDeviceListensBesideSoftwareThatSharesTheTcpPort() throws IOException {
        RdmaEndpoint service = endpoint(false, "tcp,rdma", "disni,iwarp");
        service.start(tcp);
        assertThat(service.listeners()).containsExactly(tcp, tcp);
    }

    @Test
    void aDeviceWhosePortsAreTcpsNeedsAnotherNumberAndSaysSo() throws IOException {
        RdmaEndpoint service = endpoint(false, "tcp,rdma", "disni");
        try (ServerSocket card = new ServerSocket(tcp.getPort(), 1, tcp.getAddress())) {
            assertThat(card.isBound()).isTrue();
            assertThatThrownBy(() -> service.start(tcp)).isInstanceOf(BindException.class)
                    .hasMessageEndingWith("(oncrpc.rdma.port=same); a device whose ports are TCP's, as those of iWARP are, needs another "
                            + "number than the service's TCP port, such as +10000 in a rule");
        }
        assertThat(service.listeners()).isEmpty();
    }
}
