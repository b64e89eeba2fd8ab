// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.DataInputStream;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.it.app.EchoClient;
import org.dcache.oncrpc4j.rdma.it.app.EchoServer;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.Jdks;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same agent jar with each release of oncrpc4j: the one it was compiled against, and those whose jars {@code
 * -Dit.oncrpc4j.jars=JAR:JAR…} names, since Maven Central has few. Each runs in a Java that can read its classes.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class OtherReleasesIT {

    private static final String CLASS = "org/dcache/oncrpc4j/rpc/OncRpcSvc.class";
    private static final Object[] SIZES = {0, 100, 5000, 1 << 20};

    static Stream<Arguments> releases() {
        Stream<Path> named = Stream.of(System.getProperty("it.oncrpc4j.jars", "").split(File.pathSeparator)).filter(jar -> !jar.isEmpty())
                .map(Path::of);
        Stream<Path> own = ClassPaths.oncrpc4j().stream().filter(OtherReleasesIT::isOncrpc4j);
        return Stream.concat(own, named).flatMap(jar -> Stream.of("rdma", "tcp,rdma")
                .map(transport -> Arguments.of(jar.getFileName().toString(), transport, jar)));
    }

    private static boolean isOncrpc4j(Path path) {
        return path.getFileName().toString().startsWith("oncrpc4j-core");
    }

    /** Of the class file format that Java 17 has as 61. */
    private static int javaOf(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile());
                DataInputStream in = new DataInputStream(file.getInputStream(file.getEntry(CLASS)))) {
            in.readInt();
            in.readUnsignedShort();
            return in.readUnsignedShort() - 44;
        }
    }

    private static JvmProcess.Builder java(Path home, Path oncrpc4j, String transport) {
        List<Path> all = new ArrayList<>(ClassPaths.application());
        assertThat(all.removeIf(OtherReleasesIT::isOncrpc4j)).isTrue();
        all.add(oncrpc4j);
        return JvmProcess.java().home(home).agent(AgentJar.path(), "transport=" + transport + ",rdma.provider=iwarp").classPath(all);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("releases")
    void serviceAndClientOfEachReleaseSpeakRdma(String release, String transport, Path jar) throws IOException {
        Optional<Path> home = Jdks.atLeast(javaOf(jar));
        assumeTrue(home.isPresent(), release + " is not tried: it needs Java " + javaOf(jar) + ", which is not installed beside this one");
        try (JvmProcess server = java(home.get(), jar, transport).main(EchoServer.class).start()) {
            String address = server.valueOf("READY");
            List<Object> arguments = new ArrayList<>(List.of("127.0.0.1", address.substring(address.lastIndexOf(':') + 1)));
            arguments.addAll(List.of(SIZES));
            try (JvmProcess client = java(home.get(), jar, "rdma").main(EchoClient.class, arguments.toArray()).start()) {
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
