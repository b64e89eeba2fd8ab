// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.dcache.oncrpc4j.rdma.it.app.EchoClient;
import org.dcache.oncrpc4j.rdma.it.app.EchoServer;
import org.dcache.oncrpc4j.rdma.it.app.Portmapper;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.provider.RecordingProvider;
import org.junit.jupiter.api.Test;

/** What the weave asks of a transport provider, for an application on the plain class path. */
class WeaveIT {

    @Test
    void aServerIsOpenedStartedAndStopped() {
        try (JvmProcess server = RecordingAgent.java("transport=rdma,rdma.inline=8192").main(EchoServer.class, 20333).start()) {
            server.expect("recorded provider oncrpc4j-rdma parent AppClassLoader");
            server.expect("recorded open echo client=false programs=1 ports=20333-20333 bind=127.0.0.1 tls=false inline=8192");
            server.expect("recorded start echo");
            assertThat(server.valueOf("READY")).isEqualTo("localhost/127.0.0.1:20049");
            assertThat(server.valueOf("SERVICE")).isEqualTo("echo-[rdma:localhost/127.0.0.1:20049]");
            server.send("stop");
            server.expect("recorded stop echo");
            server.expect("STOPPED");
            assertThat(server.exitCode()).isZero();
        }
    }

    @Test
    void aGracefulStopIsHandedOn() {
        try (JvmProcess server = RecordingAgent.java("transport=rdma").main(EchoServer.class).start()) {
            server.expect("READY");
            server.send("stop 500");
            server.expect("recorded stop echo within 500 MILLISECONDS");
            server.expect("STOPPED");
        }
    }

    @Test
    void aClientIsDivertedAndEncodesItsCallsIntoTheTransportsMemory() {
        try (JvmProcess client = RecordingAgent.java("transport=rdma").main(EchoClient.class, "127.0.0.1", 2).start()) {
            client.expect("recorded open null client=true");
            client.expect("recorded connect 2 within 9223372036854775807 MILLISECONDS");
            client.expect("TRANSPORT " + RecordingProvider.class.getName());
            client.expect("recorded xdr 1024");
            client.expect("recorded send");
            client.expect("recorded stop null");
            client.expect("FAILED java.io.EOFException: nothing is carried");
            assertThat(client.exitCode()).isZero();
        }
    }

    @Test
    void aRefusedConnectIsThrownAsItCame() {
        try (JvmProcess client = RecordingAgent.java("transport=rdma").main(EchoClient.class, "127.0.0.1", 1).start()) {
            client.expect("FAILED java.net.ConnectException: Connection refused");
        }
    }

    @Test
    void besideTcpAServerServesBothAndOnlyMappedPortsOfAClientAreDiverted() {
        try (JvmProcess server = RecordingAgent.java("transport=tcp,rdma").main(EchoServer.class).start()) {
            server.expect("recorded start echo");
            String address = server.valueOf("READY");
            assertThat(server.valueOf("SERVICE")).startsWith("echo-[").contains("127.0.0.1:" + port(address)).contains("rdma:");
            try (JvmProcess client = RecordingAgent.java("transport=tcp,rdma").main(EchoClient.class, "127.0.0.1", port(address), 9)
                    .start()) {
                client.expect("TRANSPORT org.dcache.oncrpc4j.grizzly.GrizzlyRpcTransport");
                client.expect("ECHO 9 ok");
                assertThat(client.output()).doesNotContain("recorded connect").doesNotContain("recorded xdr");
            }
            try (JvmProcess client = RecordingAgent.java("transport=tcp,rdma").main(EchoClient.class, "127.0.0.1", 2049).start()) {
                client.expect("recorded connect 2049");
            }
        }
    }

    @Test
    void aServiceThatUsesUdpOnlyIsLeftAlone() {
        try (JvmProcess server = RecordingAgent.java("transport=rdma").main(EchoServer.class, 0, "udp").start()) {
            server.expect("READY");
            assertThat(server.output()).doesNotContain("recorded open");
        }
    }

    @Test
    void udpStaysUdpWhereRdmaReplacesTcp() {
        try (JvmProcess server = RecordingAgent.java("transport=rdma").main(EchoServer.class, 0, "tcp+udp").start()) {
            server.expect("recorded start echo");
            assertThat(server.valueOf("SERVICE")).matches("echo-\\[\\S*127.0.0.1:\\d+,rdma:localhost/127.0.0.1:20049]");
        }
    }

    @Test
    void aPortmapperStaysOnTcp() {
        try (JvmProcess server = RecordingAgent.java("transport=rdma").main(Portmapper.class).start()) {
            assertThat(server.valueOf("READY")).doesNotContain("null").doesNotContain(":20049");
            assertThat(server.valueOf("TRANSPORT")).as("a client in the same JVM").startsWith("org.dcache.oncrpc4j.grizzly");
            server.expect("CALLED");
            assertThat(server.output()).doesNotContain("recorded open portmap").doesNotContain("recorded connect");
        }
    }

    @Test
    void aServiceThatBecomesAPortmapperBeforeItsStartStaysOnTcp() {
        try (JvmProcess server = RecordingAgent.java("transport=rdma").main(Portmapper.class, "late").start()) {
            assertThat(server.valueOf("READY")).doesNotContain("null").doesNotContain(":20049");
            assertThat(server.valueOf("TRANSPORT")).as("a client in the same JVM").startsWith("org.dcache.oncrpc4j.grizzly");
            server.expect("CALLED");
            assertThat(server.output()).contains("recorded open").doesNotContain("recorded start echo").doesNotContain("recorded connect");
        }
    }

    @Test
    void aClientReachesAPortmapperOverTcp() {
        try (JvmProcess client = RecordingAgent.java("transport=rdma").main(EchoClient.class, "127.0.0.1", 111).start()) {
            assertThat(client.exitCode()).isZero();
            assertThat(client.output()).doesNotContain("recorded connect")
                    .containsAnyOf("FAILED java.net.ConnectException: Connection refused", "TRANSPORT org.dcache.oncrpc4j.grizzly");
        }
    }

    private static String port(String address) {
        return address.substring(address.lastIndexOf(':') + 1);
    }
}
