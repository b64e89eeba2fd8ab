// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.dcache.oncrpc4j.rdma.it.Tool;
import org.dcache.oncrpc4j.rdma.it.app.EchoServer;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.Jdks;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.jvm.Ports;
import org.junit.jupiter.api.Test;

/** The part of the agent jar for Java 22: there if the build had a JDK for it, and taken by the JVMs that can. */
class Java22PartIT {

    private static final String PROVIDER = "/org/dcache/oncrpc4j/rdma/rdmacore/RdmaCoreProvider.class";
    private static final boolean BUILT = !Boolean.parseBoolean(System.getProperty("java22.skip", "true"));

    /** Major versions of class files of Java 17 and 22 (JVMS, table 4.1-A). */
    private static final int JAVA_17 = 61;
    private static final int JAVA_22 = 66;

    @Test
    void theJarHasTheProviderForEach() throws IOException {
        try (JarFile jar = new JarFile(AgentJar.path().toFile())) {
            assertThat(version(jar, "inst" + PROVIDER)).isEqualTo(JAVA_17);
            assertThat(jar.stream().map(ZipEntry::getName)).noneMatch(name -> name.startsWith("inst/META-INF/versions"));
            assumeTrue(BUILT, "skipped: this build has no part for Java 22; build with JDK 22 or newer, or with -Djdk22.home=DIR");
            assertThat(version(jar, "inst22" + PROVIDER)).isEqualTo(JAVA_22);
        }
    }

    @Test
    void theJvmOfTheTestsGetsWhatItCanRun() throws Exception {
        String expected = Runtime.version().feature() < 22 ? "rdma-core: needs Java 22 or newer, this is " + Runtime.version().feature()
                : BUILT ? "rdma-core: " : "rdma-core: this jar was built without its Java 22 part";
        String failure = failure(Path.of(System.getProperty("java.home")));
        assertThat(failure).contains(expected);
        if (BUILT && Runtime.version().feature() >= 22) {
            assertThat(failure).doesNotContain("Java 22");
        }
    }

    @Test
    void aNewerJvmGetsThePartForJava22() throws Exception {
        Optional<Path> newer = Jdks.atLeast(22);
        assumeTrue(newer.isPresent(), "skipped: no JDK 22 or newer beside the one that runs the tests");
        String failure = failure(newer.get());
        if (BUILT) {
            assertThat(failure).contains("rdma-core: ").doesNotContain("Java 22");
        } else {
            assertThat(failure).contains("rdma-core: this jar was built without its Java 22 part");
        }
    }

    @Test
    void theToolListsTheProvider() throws Exception {
        String line = Tool.run("info").output().lines().filter(l -> l.startsWith("  rdma-core ")).findFirst().orElseThrow();
        boolean run = BUILT && Runtime.version().feature() >= 22;
        assertThat(line.contains("Java 22")).as(line).isEqualTo(!run);
    }

    /** What a service is told; tests run where there is no RDMA device. */
    private static String failure(Path home) throws IOException {
        try (JvmProcess server = JvmProcess.java().home(home).agent(AgentJar.path(), "transport=rdma,rdma.provider=rdma-core")
                .classPath(ClassPaths.application()).main(EchoServer.class, Ports.freePair(), "tcp").start()) {
            return server.valueOf("FAILED");
        }
    }

    private static int version(JarFile jar, String name) throws IOException {
        ZipEntry entry = jar.getEntry(name);
        assertThat(entry).as(name).isNotNull();
        try (DataInputStream in = new DataInputStream(jar.getInputStream(entry))) {
            in.readInt();
            in.readUnsignedShort();
            return in.readUnsignedShort();
        }
    }
}
