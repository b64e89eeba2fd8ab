// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.management.ObjectName;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.rpc.harness.EndpointFixture;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;
import org.junit.jupiter.api.Test;

/** Services and clients on both transports that cannot have RDMA: they fail, or do without where the settings say so. */
class WithoutRdmaTest extends EndpointFixture {

    private static final InetSocketAddress TCP = new InetSocketAddress(InetAddress.getLoopbackAddress(), 33115);

    private static Configuration config(String... settings) {
        Map<String, String> all = new HashMap<>(Map.of("oncrpc.transport", "tcp,rdma", "oncrpc.rdma.provider", "iwarp",
                "oncrpc.rdma.memory", "64m"));
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        return Configuration.of(all);
    }

    private RdmaEndpoint endpoint(boolean client, Configuration config) {
        return opened(new RdmaEndpoint(pool(client, TCP.getPort()), config));
    }

    @Test
    void aServiceThatNeedNotHaveRdmaServesTcpAlone() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = "" + taken.getLocalPort();
            assertThatThrownBy(() -> endpoint(false, config("oncrpc.rdma.port", port)).start(TCP)).isInstanceOf(BindException.class)
                    .hasMessageEndingWith("(oncrpc.rdma.port=" + port + ")");

            RdmaEndpoint service = endpoint(false, config("oncrpc.rdma.port", port, "oncrpc.rdma.required", "off"));
            service.start(TCP);
            assertThat(service.counters().get(RpcCounter.SERVED_TCP_ALONE)).isEqualTo(1);
            assertThat(service.localAddress()).isNull();
            taken.close();
            service.stop();
            service.start(TCP);
            assertThat(service.localAddress()).as("the port is free, and it is started again").isNotNull();
        }
    }

    @Test
    void aServiceWithoutAProviderServesTcpAloneIfItMay() throws IOException {
        RdmaEndpoint endpoint = opened(new RdmaEndpoint(pool(false, TCP.getPort()), config("oncrpc.rdma.required", "off"), c -> {
            throw new ProviderUnavailableException("no RDMA");
        }));
        endpoint.start(TCP);
        assertThat(endpoint.counters().get(RpcCounter.SERVED_TCP_ALONE)).isEqualTo(1);
    }

    @Test
    void aClientFallsBackToTcpOnlyIfItIsToldTo() throws IOException {
        int nobody;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = socket.getLocalPort();
        }
        String rule = "2049>" + nobody;
        InetSocketAddress nfs = new InetSocketAddress(InetAddress.getLoopbackAddress(), 2049);
        RdmaEndpoint strict = endpoint(true, config("oncrpc.rdma.connect", rule));
        strict.start();
        assertThatThrownBy(() -> strict.connect(nfs, 10, TimeUnit.SECONDS)).isInstanceOf(ConnectException.class);

        RdmaEndpoint client = endpoint(true, config("oncrpc.rdma.connect", rule, "oncrpc.rdma.fallback", "tcp"));
        client.start();
        assertThat(client.connect(nfs, 10, TimeUnit.SECONDS)).as("TCP's turn").isNull();
        assertThat(client.counters().get(RpcCounter.FELL_BACK_TO_TCP)).isEqualTo(1);
        client.stop();
        assertThatThrownBy(() -> client.connect(nfs, 10, TimeUnit.SECONDS)).as("a stopped client").isInstanceOf(IOException.class);
    }

    @Test
    void aClientThatIsStoppedWhileItFallsBackLeavesNothingToSeeByJmx() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            RdmaEndpoint client = endpoint(true,
                    config("oncrpc.rdma.connect", "2049>" + silent.getLocalPort(), "oncrpc.rdma.fallback", "tcp"));
            client.start();
            InetSocketAddress nfs = new InetSocketAddress(InetAddress.getLoopbackAddress(), 2049);
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Thread connecting = new Thread(() -> thrown.set(catchThrowable(() -> client.connect(nfs, 10, TimeUnit.SECONDS))));
            connecting.start();
            Socket accepted = silent.accept();
            synchronized (client) {
                accepted.close();
                while (connecting.getState() != Thread.State.BLOCKED && connecting.isAlive()) {
                    Thread.onSpinWait();
                }
                client.stop();
            }
            connecting.join();
            assertThat(thrown.get()).isInstanceOf(IOException.class);
            assertThat(client.counters().get(RpcCounter.FELL_BACK_TO_TCP)).isZero();
            assertThat(ManagementFactory.getPlatformMBeanServer().queryNames(new ObjectName("org.dcache.oncrpc4j.rdma:*"), null)).isEmpty();
        }
    }

    private ServiceContext tls(boolean client) {
        return service("door", client, Map.of(), executor, client ? 0 : TCP.getPort(), true);
    }

    private RdmaEndpoint open(ServiceContext service, String... settings) {
        return opened((RdmaEndpoint) new RdmaTransportProvider().open(service, config(settings)));
    }

    @Test
    void aServiceWithTlsServesTcpAloneIfItMay() throws IOException {
        assertThatThrownBy(() -> open(tls(false))).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("oncrpc.rdma.allow-clear=on");
        assertThatThrownBy(() -> open(tls(false), "oncrpc.rdma.required", "off", "oncrpc.transport", "rdma")).as("there is no TCP")
                .isInstanceOf(IllegalStateException.class);

        RdmaEndpoint door = open(tls(false), "oncrpc.rdma.required", "off");
        door.start(TCP);
        assertThat(door.localAddress()).as("nothing in clear").isNull();
        assertThat(door.counters().get(RpcCounter.SERVED_TCP_ALONE)).isEqualTo(1);
    }

    @Test
    void aClientWithTlsFallsBackToTcpOnlyIfItIsToldTo() throws IOException {
        assertThatThrownBy(() -> open(tls(true), "oncrpc.rdma.required", "off")).isInstanceOf(IllegalStateException.class);

        RdmaEndpoint client = open(tls(true), "oncrpc.rdma.fallback", "tcp");
        client.start();
        assertThat(client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), 2049), 10, TimeUnit.SECONDS)).isNull();
        assertThat(client.counters().get(RpcCounter.FELL_BACK_TO_TCP)).isEqualTo(1);
    }

    @Test
    void twoServicesThatAreSentToOnePortAreBothNamed() throws IOException {
        RdmaEndpoint first = endpoint(false, config("oncrpc.rdma.port", "0"));
        first.start(TCP);
        int port = first.localAddress().getPort();
        RdmaEndpoint second = endpoint(false, config("oncrpc.rdma.port", "33116>" + port));
        assertThatThrownBy(() -> second.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 33116)))
                .isInstanceOf(BindException.class)
                .hasMessage("service pool (TCP port 33116) cannot serve RDMA on port " + port + ", where oncrpc.rdma.port=33116>" + port
                        + " sends it: service pool (TCP port 33115) of this JVM does; give each service a port, with rules such as"
                        + " 2049>20049,33115-33145>+10000 or by oncrpc.rdma.port.<service name>");
    }
}
