// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.bytebuddy.ByteBuddy;
import org.dcache.oncrpc4j.rdma.it.app.EchoClient;
import org.dcache.oncrpc4j.rdma.it.app.EchoServer;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.jvm.Ports;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** No silent fall-back: RDMA that is asked for and not possible is an error that is seen. With {@code tcp} nothing but TCP is used. */
class RefusalIT {

    private static final int CONFIGURATION_ERROR = 78;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "transprot=rdma                 | unknown setting oncrpc.transprot (agent argument); did you mean oncrpc.transport?",
        "transport=rmda                 | oncrpc.transport=rmda (agent argument): expected tcp, rdma or tcp,rdma",
        "transport=tcp,rdma.inlin=4096  | unknown setting oncrpc.rdma.inlin (agent argument); did you mean oncrpc.rdma.inline?",
        "transport=rdma,rdma.inline=1   | oncrpc.rdma.inline=1 (agent argument): expected auto, or a multiple of 1024 from 1024 to 65536",
        "rdma                           | agent argument 'rdma': expected name=value"})
    void aWrongAgentArgumentHaltsTheJvm(String arguments, String message) {
        try (JvmProcess server = RecordingAgent.java(arguments).main(EchoServer.class).start()) {
            assertThat(server.exitCode()).isEqualTo(CONFIGURATION_ERROR);
            assertThat(server.lines()).containsExactly("oncrpc4j-rdma: the JVM is halted: " + message);
        }
    }

    @Test
    void aWrongSystemPropertyHaltsTheJvm() {
        try (JvmProcess server = RecordingAgent.java("").option("-Doncrpc.rdma.prot=1").main(EchoServer.class).start()) {
            assertThat(server.exitCode()).isEqualTo(CONFIGURATION_ERROR);
            assertThat(server.lines()).containsExactly(
                    "oncrpc4j-rdma: the JVM is halted: unknown setting oncrpc.rdma.prot (system property); did you mean oncrpc.rdma.port?");
        }
    }

    @Test
    void twoAgentsThatDisagreeHaltTheJvm() {
        try (JvmProcess server = RecordingAgent.java("transport=rdma").agent(RecordingAgent.JAR, "transport=tcp,rdma")
                .main(EchoServer.class).start()) {
            assertThat(server.exitCode()).isEqualTo(CONFIGURATION_ERROR);
            assertThat(server.output()).contains("the agent is loaded already, with the arguments 'transport=rdma'");
        }
    }

    @ParameterizedTest
    @CsvSource({"org.dcache.oncrpc4j.rpc.OncRpcSvc, OncRpcSvc", "org.dcache.oncrpc4j.rpc.RpcCall, RpcCall"})
    void anOncrpc4jThatCannotBeWovenHaltsTheJvm(String className, String shortName) throws IOException {
        Path other = new ByteBuddy().subclass(Object.class).name(className).make().toJar(folder.resolve("other.jar").toFile()).toPath();
        List<Path> classPath = new ArrayList<>(List.of(other));
        classPath.addAll(ClassPaths.application());
        try (JvmProcess server = JvmProcess.java().agent(RecordingAgent.JAR, "transport=rdma").classPath(classPath)
                .main(EchoServer.class).start()) {
            assertThat(server.exitCode()).isEqualTo(CONFIGURATION_ERROR);
            assertThat(server.lines()).filteredOn(line -> line.startsWith("oncrpc4j-rdma")).singleElement().asString()
                    .startsWith("oncrpc4j-rdma: the JVM is halted: cannot weave " + className);
        }
    }

    @Test
    void tcpWeavesNothing() {
        try (JvmProcess server = RecordingAgent.java("transport=tcp").option("-Xlog:class+load").main(EchoServer.class).start()) {
            String address = server.valueOf("READY");
            try (JvmProcess client = RecordingAgent.java("").main(EchoClient.class, "127.0.0.1",
                    address.substring(address.lastIndexOf(':') + 1), 1000).start()) {
                client.expect("TRANSPORT org.dcache.oncrpc4j.grizzly.GrizzlyRpcTransport");
                client.expect("ECHO 1000 ok");
            }
            assertThat(server.output()).contains("org.dcache.oncrpc4j.rdma.agent.Agent ")
                    .doesNotContain("net.bytebuddy").doesNotContain("rdma.agent.hook")
                    .doesNotContain("bootstrap classpath has been appended");
        }
    }

    @ParameterizedTest
    @CsvSource({"open, FAILED java.lang.IllegalStateException: no provider: rdma-core: no device",
        "start, FAILED java.net.BindException: no provider: rdma-core: no device"})
    void aTransportThatCannotStartFailsTheServiceAndLeavesNothingBound(String when, String message) throws Exception {
        int port = Ports.freePair();
        try (JvmProcess server = RecordingAgent.java("transport=tcp,rdma").option("-Drecording.fail=" + when)
                .main(EchoServer.class, port, "tcp+udp").start()) {
            server.expect(message);
            Ports.awaitFree(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            assertThat(server.output()).doesNotContain("READY");
        }
    }

    @Test
    void aJarWithoutTransportFailsEachService() {
        Path jar = AgentJar.withoutProvider(folder.resolve("empty-agent.jar"));
        try (JvmProcess server = JvmProcess.java().agent(jar, "transport=rdma").classPath(ClassPaths.application()).main(EchoServer.class)
                .start()) {
            server.expect("FAILED java.lang.IllegalStateException: oncrpc4j-rdma: the agent jar names no "
                    + "org.dcache.oncrpc4j.rdma.spi.RpcTransportProvider");
        }
    }
}
