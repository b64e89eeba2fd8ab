// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.it.app.EchoClient;
import org.dcache.oncrpc4j.rdma.it.app.EchoServer;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmCounters;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A service on one port for TCP and RDMA that Grizzly shows by JMX ({@code withJMX}): connections that leave Grizzly leave its view too.
 * Grizzly's beans are in jars that oncrpc4j does not bring, grizzly-framework-monitoring and gmbal with what they need; they are named by
 * {@code -Dit.grizzly.monitoring.jars=JAR:JAR}.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class GrizzlyJmxIT {

    private static final byte[] MPA_REQUEST = ByteBuffer.allocate(20).put("MPA ID Req Frame".getBytes(StandardCharsets.US_ASCII))
            .put((byte) 0x40).put((byte) 1).array();

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(20_000);
        return socket;
    }

    @Test
    void connectionsThatAreTakenLeaveItsViewAndOthersStay() throws Exception {
        String jars = System.getProperty("it.grizzly.monitoring.jars", "");
        assumeFalse(jars.isEmpty(), "Grizzly's JMX is not tried: name the jars of grizzly-framework-monitoring with "
                + "-Dit.grizzly.monitoring.jars");
        List<Path> classPath = new ArrayList<>(ClassPaths.application());
        Stream.of(jars.split(File.pathSeparator)).map(Path::of).forEach(classPath::add);
        List<Socket> sockets = new ArrayList<>();
        try (JvmProcess server = JvmProcess.java().agent(AgentJar.path(), "transport=tcp,rdma,rdma.provider=iwarp").classPath(classPath)
                .main(EchoServer.class, 0, "tcp", "worker", "jmx").start()) {
            String address = server.valueOf("READY");
            int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
            try (JvmCounters beans = JvmCounters.of(server.pid())) {
                for (int i = 0; i < 3; i++) {
                    Socket rdma = connect(port);
                    sockets.add(rdma);
                    rdma.getOutputStream().write(MPA_REQUEST);
                    assertThat(rdma.getInputStream().readNBytes(20)).startsWith("MPA ID Rep Frame".getBytes(StandardCharsets.US_ASCII));
                }
                try (JvmProcess client = JvmProcess.java().classPath(ClassPaths.application())
                        .main(EchoClient.class, "127.0.0.1", port, 5000).start()) {
                    client.expect("ECHO 5000 ok");
                    assertThat(client.exitCode()).isZero();
                }
                sockets.add(connect(port));
                awaitShown(beans, "total-connections-count", 5);
                awaitShown(beans, "open-connections-count", 1);
            }
            server.send("stop");
            server.expect("STOPPED");
            assertThat(server.exitCode()).isZero();
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    /** A socket is accepted, and a closed one noticed, somewhat later. */
    private static void awaitShown(JvmCounters beans, String attribute, long expected) throws Exception {
        List<Long> shown = beans.attributes("*:type=TCPNIOTransport,*", attribute);
        for (int i = 0; i < 100 && !shown.equals(List.of(expected)); i++) {
            Thread.sleep(100);
            shown = beans.attributes("*:type=TCPNIOTransport,*", attribute);
        }
        assertThat(shown).as(attribute).containsExactly(expected);
    }
}
