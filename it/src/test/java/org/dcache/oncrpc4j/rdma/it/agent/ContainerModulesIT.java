// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.it.app.EchoClient;
import org.dcache.oncrpc4j.rdma.it.app.EchoServer;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.ContainerModules;
import org.dcache.oncrpc4j.rdma.it.jvm.Jdks;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** With the modules of dCache's container and no other a service starts, serves and stops; on each JDK that is here. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ContainerModulesIT {

    static Stream<Arguments> runtimes() {
        Path own = Path.of(System.getProperty("java.home"));
        List<Path> homes = Stream.of(own, Jdks.atLeast(22).orElse(own)).distinct().toList();
        return homes.stream().flatMap(home -> Stream.of("rdma", "tcp,rdma").map(transport -> Arguments.of(home, transport)));
    }

    private static JvmProcess.Builder java(Path home, String arguments) {
        return JvmProcess.java().home(home).option("--limit-modules", ContainerModules.LIST).agent(AgentJar.path(), arguments)
                .classPath(ClassPaths.application());
    }

    @ParameterizedTest
    @MethodSource("runtimes")
    void serviceAndClientSpeakRdma(Path home, String transport) {
        String agent = "transport=" + transport + ",rdma.provider=iwarp,rdma.memory=16m";
        try (JvmProcess server = java(home, agent).main(EchoServer.class).start()) {
            String address = server.valueOf("READY");
            String port = address.substring(address.lastIndexOf(':') + 1);
            try (JvmProcess client = java(home, "transport=rdma,rdma.provider=iwarp").main(EchoClient.class, "127.0.0.1", port, 100,
                    1 << 20).start()) {
                client.expect("TRANSPORT org.dcache.oncrpc4j.rdma.rpc.RdmaRpcTransport");
                client.expect("ECHO 100 ok");
                client.expect("ECHO " + (1 << 20) + " ok");
                assertThat(client.exitCode()).isZero();
            }
            server.send("stop 2000");
            server.expect("STOPPED");
            assertThat(server.exitCode()).isZero();
            assertThat(server.output()).doesNotContain("NoClassDefFoundError").doesNotContain("WARN");
        }
    }
}
