// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.provider;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.dcache.oncrpc4j.rdma.it.app.EchoServer;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.jvm.Ports;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The provider for libibverbs where rdma-core is not what it should be: a start with it fails with one line that says what is missing, and
 * the JVM lives. What the kernel lists as devices is a folder of the test, so that no hardware is needed; the libraries are made by gcc.
 */
class RdmaCoreLibrariesIT {

    private static Path home;

    @TempDir
    private Path folder;

    @BeforeAll
    static void needsJava22() {
        home = Java22.require();
    }

    @BeforeEach
    void aDevice() throws IOException {
        Files.createDirectories(folder.resolve("devices/made-up0"));
    }

    @Test
    void noDeviceIsSaid() throws Exception {
        Files.delete(folder.resolve("devices/made-up0"));
        assertThat(failure("libibverbs.so.1", "librdmacm.so.1")).contains("rdma-core: the kernel has no RDMA device");
    }

    @Test
    void aLibraryThatIsNotInstalledIsNamedWithItsPackage() throws Exception {
        assertThat(failure("libno-such-verbs.so.1", "librdmacm.so.1")).contains("libno-such-verbs.so.1 cannot be loaded", "install",
                "libibverbs1");
    }

    @Test
    void aLibraryThatIsTooOldIsNamedWithWhatItLacks() throws Exception {
        String library = library("-DTOO_OLD");
        assertThat(failure(library, library)).contains(library + ": the library has no function ibv_", "rdma-core 36 or newer is needed");
    }

    @Test
    void aFileThatIsNoLibraryIsNoHarm() throws Exception {
        Path text = Files.writeString(folder.resolve("libtext.so"), "this is no library");
        assertThat(failure(text.toString(), text.toString())).contains(text + " cannot be loaded");
    }

    @Test
    void aLibraryThatMakesNothingIsNoHarm() throws Exception {
        String library = library("-DDOES_NOTHING");
        assertThat(failure(library, library)).contains("rdma-core: librdmacm has no event channel");
    }

    private String library(String flag) throws IOException, InterruptedException {
        Path source = Path.of(System.getProperty("basedir", ""), "src/test/resources/rdmacore/does_nothing.c").toAbsolutePath();
        Path made = folder.resolve("libstand-in.so");
        try {
            Process gcc = new ProcessBuilder("gcc", "-shared", "-fPIC", flag, "-o", made.toString(), source.toString()).inheritIO().start();
            assertThat(gcc.waitFor()).as("status of gcc").isZero();
        } catch (IOException e) {
            Java22.skipUnless(false, "no gcc on this machine");
        }
        return made.toString();
    }

    /** What a service that asks for this provider is told; afterwards its JVM ends in its own way. */
    private String failure(String verbs, String connectionManager) throws IOException {
        List<String> properties = List.of("-Dorg.dcache.oncrpc4j.rdma.libibverbs=" + verbs, "-Dorg.dcache.oncrpc4j.rdma.librdmacm="
                + connectionManager,
                "-Dorg.dcache.oncrpc4j.rdma.devices=" + folder.resolve("devices"), "--enable-native-access=ALL-UNNAMED");
        try (JvmProcess server = JvmProcess.java().home(home).option(properties.toArray(String[]::new))
                .agent(AgentJar.path(), "transport=rdma,rdma.provider=rdma-core")
                .classPath(ClassPaths.application()).main(EchoServer.class, Ports.freePair(), "tcp").start()) {
            String failure = server.valueOf("FAILED");
            server.send("stop");
            assertThat(server.exitCode()).as(server.output()).isZero();
            return failure;
        }
    }
}
