// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.it.app.EchoClient;
import org.dcache.oncrpc4j.rdma.it.app.EchoServer;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The same agent jar with other releases of oncrpc4j than the one it was compiled against. Their jars are named by {@code
 * -Dit.oncrpc4j.jars=JAR:JAR…}, since only one release can be had where this is built.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class OtherReleasesIT {

    private static final String RDMA = "transport=rdma,rdma.provider=iwarp";
    private static final Object[] SIZES = {0, 100, 5000, 1 << 20};

    private static List<Path> classPath(Path oncrpc4j) {
        List<Path> all = new ArrayList<>(ClassPaths.application());
        assertThat(all.removeIf(path -> path.getFileName().toString().startsWith("oncrpc4j-core"))).isTrue();
        all.add(oncrpc4j);
        return all;
    }

    private static JvmProcess.Builder java(Path oncrpc4j) {
        return JvmProcess.java().agent(AgentJar.path(), RDMA).classPath(classPath(oncrpc4j));
    }

    @Test
    void serviceAndClientOfEachReleaseSpeakRdma() {
        String jars = System.getProperty("it.oncrpc4j.jars", "");
        assumeFalse(jars.isEmpty(), "other releases of oncrpc4j are not tried: name their jars with -Dit.oncrpc4j.jars");
        for (String jar : jars.split(File.pathSeparator)) {
            Path oncrpc4j = Path.of(jar);
            assertThat(oncrpc4j).matches(Files::isReadable);
            try (JvmProcess server = java(oncrpc4j).main(EchoServer.class).start()) {
                String address = server.valueOf("READY");
                List<Object> arguments = new ArrayList<>(List.of("127.0.0.1", address.substring(address.lastIndexOf(':') + 1)));
                arguments.addAll(List.of(SIZES));
                try (JvmProcess client = java(oncrpc4j).main(EchoClient.class, arguments.toArray()).start()) {
                    client.expect("TRANSPORT org.dcache.oncrpc4j.rdma.rpc.RdmaRpcTransport");
                    for (Object size : SIZES) {
                        client.expect("ECHO " + size + " ok");
                    }
                    assertThat(client.exitCode()).isZero();
                }
                server.send("stop 2000");
                server.expect("STOPPED");
                assertThat(server.exitCode()).isZero();
            }
        }
    }
}
