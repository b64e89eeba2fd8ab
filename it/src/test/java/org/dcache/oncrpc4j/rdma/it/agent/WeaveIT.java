// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.dcache.oncrpc4j.rdma.it.app.EchoClient;
import org.dcache.oncrpc4j.rdma.it.app.EchoServer;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.provider.RecordingProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the weave asks of a transport provider, for an application on the plain class path. */
class WeaveIT {

    @TempDir
    static Path folder;

    static Path agent;

    @BeforeAll
    static void exchangeProvider() {
        agent = AgentJar.withProvider(folder.resolve("recording-agent.jar"), RecordingProvider.class);
    }

    private static JvmProcess.Builder java(String arguments) {
        return JvmProcess.java().agent(agent, arguments).classPath(ClassPaths.application());
    }

    @Test
    void aServerIsOpenedStartedAndStopped() {
        try (JvmProcess server = java("transport=rdma,rdma.inline=8192").main(EchoServer.class, 20333).start()) {
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
        try (JvmProcess server = java("transport=rdma").main(EchoServer.class).start()) {
            server.expect("READY");
            server.send("stop 500");
            server.expect("recorded stop echo within 500 MILLISECONDS");
            server.expect("STOPPED");
        }
    }

    @Test
    void aClientIsDivertedAndEncodesItsCallsIntoTheTransportsMemory() {
        try (JvmProcess client = java("transport=rdma").main(EchoClient.class, "127.0.0.1", 2).start()) {
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
        try (JvmProcess client = java("transport=rdma").main(EchoClient.class, "127.0.0.1", 1).start()) {
            client.expect("FAILED java.net.ConnectException: Connection refused");
        }
    }
}
