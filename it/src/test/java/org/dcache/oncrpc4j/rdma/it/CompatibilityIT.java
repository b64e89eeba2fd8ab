// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.DataInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.it.app.EchoClient;
import org.dcache.oncrpc4j.rdma.it.app.EchoServer;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.Jdks;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same agent jar with releases of oncrpc4j and nfs4j, in each Java that is installed. Of oncrpc4j the release that the jar was compiled
 * against, and those whose jars {@code -Dit.oncrpc4j.jars=JAR:JAR…} names, since Maven Central has few; of nfs4j the basic servers that
 * {@code -Dit.nfs4j.jars=JAR:JAR…} names. The results are a page, {@code target/compatibility.md}; docs/compatibility.md is a copy of it.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class CompatibilityIT {

    private static final Path PAGE = Path.of("target/compatibility.md").toAbsolutePath();
    private static final Object[] SIZES = {0, 100, 5000, 1 << 20};

    /** By program, then by Java. */
    private static final Map<String, Map<Integer, String>> RESULTS = new TreeMap<>();

    static Stream<Arguments> oncrpc4j() {
        return Stream.concat(ClassPaths.oncrpc4j().stream().filter(CompatibilityIT::isOncrpc4j), named("it.oncrpc4j.jars"))
                .flatMap(jar -> Stream.of("rdma", "tcp,rdma")
                        .flatMap(transport -> Jdks.all().entrySet().stream()
                                .map(java -> Arguments.of(version(jar, "oncrpc4j-core"), transport, java.getKey(), jar, java.getValue()))));
    }

    static Stream<Arguments> nfs4j() {
        return named("it.nfs4j.jars").flatMap(jar -> Jdks.all().entrySet().stream()
                .map(java -> Arguments.of(version(jar, "nfs4j-core"), java.getKey(), jar, java.getValue())));
    }

    private static Stream<Path> named(String property) {
        return Stream.of(System.getProperty(property, "").split(File.pathSeparator)).filter(jar -> !jar.isEmpty()).map(Path::of);
    }

    private static boolean isOncrpc4j(Path path) {
        return path.getFileName().toString().startsWith("oncrpc4j-core");
    }

    /** What Maven wrote into the jar, or else the jar's name. */
    private static String version(Path jar, String artifact) {
        try (JarFile file = new JarFile(jar.toFile())) {
            JarEntry entry = file.getJarEntry("META-INF/maven/org.dcache/" + artifact + "/pom.properties");
            if (entry == null) {
                return jar.getFileName().toString().replaceFirst("^" + artifact + "-(.*)\\.jar$", "$1");
            }
            Properties properties = new Properties();
            try (InputStream in = file.getInputStream(entry)) {
                properties.load(in);
            }
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + jar, e);
        }
    }

    /** Of the class file format that Java 17 has as 61. */
    private static int javaOf(Path jar, String type) throws IOException {
        try (JarFile file = new JarFile(jar.toFile()); DataInputStream in = new DataInputStream(file.getInputStream(file.getEntry(type)))) {
            in.readInt();
            in.readUnsignedShort();
            return in.readUnsignedShort() - 44;
        }
    }

    private static void suits(String program, int java, int needed) {
        note(program, java, java < needed ? "needs Java " + needed : "FAILED");
        assumeTrue(java >= needed, program + " is not tried with Java " + java + ": it needs Java " + needed);
    }

    private static void note(String program, int java, String result) {
        RESULTS.computeIfAbsent(program, p -> new TreeMap<>()).put(java, result);
    }

    private static JvmProcess.Builder java(Path home, Path oncrpc4j, String transport) {
        List<Path> all = new ArrayList<>(ClassPaths.application());
        assertThat(all.removeIf(CompatibilityIT::isOncrpc4j)).isTrue();
        all.add(oncrpc4j);
        return JvmProcess.java().home(home).agent(AgentJar.path(), "transport=" + transport + ",rdma.provider=iwarp").classPath(all);
    }

    @ParameterizedTest(name = "oncrpc4j {0}, {1}, Java {2}")
    @MethodSource("oncrpc4j")
    void serviceAndClientOfEachReleaseSpeakRdma(String release, String transport, int java, Path jar, Path home) throws IOException {
        String program = "oncrpc4j " + release + ", service on `" + transport + "`";
        suits(program, java, javaOf(jar, "org/dcache/oncrpc4j/rpc/OncRpcSvc.class"));
        try (JvmProcess server = java(home, jar, transport).main(EchoServer.class).start()) {
            String address = server.valueOf("READY");
            List<Object> arguments = new ArrayList<>(List.of("127.0.0.1", address.substring(address.lastIndexOf(':') + 1)));
            arguments.addAll(List.of(SIZES));
            try (JvmProcess client = java(home, jar, "rdma").main(EchoClient.class, arguments.toArray()).start()) {
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
        note(program, java, "passed");
    }

    /** Every byte that is read and written is compared, over TCP and over RDMA. */
    @ParameterizedTest(name = "nfs4j {0}, Java {1}", allowZeroInvocations = true)
    @MethodSource("nfs4j")
    void theBasicServerOfEachReleaseOfNfs4jSpeaksRdma(String release, int java, Path jar, Path home) throws Exception {
        String program = "nfs4j " + release + ", basic server on `tcp,rdma`";
        suits(program, java, javaOf(jar, "org/dcache/nfs4j/server/Main.class"));
        Tool.Result result = Tool.runWith(home, "bench", "--nfs", "--nfs4j-jar", jar.toString(), "--operations", "read,write", "--sizes",
                "64k", "--depths", "4", "--seconds", "0.1", "--warm-up", "0.05", "--rounds", "1", "--no-system-calls", "--no-limit");
        assertThat(result.status()).as(result.output()).isZero();
        assertThat(result.output()).containsPattern("read 64 KiB depth 4 .*[0-9]x");
        note(program, java, "passed");
    }

    @AfterAll
    static void writeThePage() throws IOException {
        TreeSet<Integer> javas = new TreeSet<>();
        RESULTS.values().forEach(results -> javas.addAll(results.keySet()));
        StringBuilder page = new StringBuilder("""
                # Compatibility

                One agent jar with releases of oncrpc4j and nfs4j, and with the Javas that are installed: what `CompatibilityIT`
                printed. Each build runs it with oncrpc4j's release that the jar was compiled against. Maven Central has few others,
                so their jars are made in clones and named:

                    mvn -q -DskipTests package        # in a clone of oncrpc4j or nfs4j, at the tag of each release
                    mvn verify -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false \\
                        -Dit.test=CompatibilityIT -Dfailsafe.failIfNoSpecifiedTests=false \\
                        -Dit.oncrpc4j.jars=oncrpc4j-core-A.jar:oncrpc4j-core-B.jar -Dit.nfs4j.jars=basic-server.jar

                The page is then `it/target/compatibility.md`. oncrpc4j: 0 bytes to 1 MiB are echoed by an unmodified service for
                an unmodified client, which is on RDMA alone. nfs4j: each byte that NFSv3's READ and WRITE move is compared.

                """);
        page.append("| program |").append(javas.stream().map(j -> " Java " + j + " |").collect(Collectors.joining())).append('\n');
        page.append("|---|").append("---|".repeat(javas.size())).append('\n');
        RESULTS.forEach((program, results) -> page.append("| ").append(program).append(" |")
                .append(javas.stream().map(j -> " " + results.getOrDefault(j, "not run") + " |").collect(Collectors.joining()))
                .append('\n'));
        Files.writeString(PAGE, page);
    }
}
