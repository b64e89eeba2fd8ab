// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What gets into the bundle, and what must not. */
class SupportBundleTest {

    private static final String SECRET = "open-sesame";
    private static final String PID = "4711";

    @TempDir
    Path folder;

    private static Map<String, String> entries(Path file) throws IOException {
        Map<String, String> entries = new TreeMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (ZipEntry entry : zip.stream().toList()) {
                entries.put(entry.getName(), new String(zip.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        return entries;
    }

    /** A process as Linux shows it: words that end with NUL. */
    private Path process(List<String> arguments, List<String> environment) throws IOException {
        Path process = Files.createDirectories(folder.resolve("proc").resolve(PID));
        Files.writeString(process.resolve("cmdline"), String.join("\0", arguments) + "\0");
        Files.writeString(process.resolve("environ"), String.join("\0", environment) + "\0");
        Files.writeString(process.resolve("limits"), "Max open files            1024                 4096                 files\n");
        return folder;
    }

    @Test
    void itHasVersionsSettingsAndTheMachineAndIsItsOwnersAlone() throws IOException {
        Path file = folder.resolve("bundle.zip");
        new SupportBundle(folder, null, List.of("rdma.credits=77")).write(file);
        assertThat(entries(file)).containsOnlyKeys("about.txt", "info.txt", "machine.txt");
        assertThat(entries(file).get("about.txt")).startsWith("rpcrdma ").doesNotContain("${");
        assertThat(entries(file).get("info.txt")).containsPattern("oncrpc.rdma.credits +77 +--set").containsPattern("iwarp +available");
        assertThat(entries(file).get("machine.txt")).contains("open files");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> new SupportBundle(folder, null, List.of()).write(file))
                .withMessageContaining("expected a new file, got " + file);
    }

    @Test
    void ofAProcessItHasOurWordsAndNoSecret() throws IOException {
        Path settings = Files.writeString(folder.resolve("rdma.properties"), "rdma.keepalive = 7s\n");
        Path root = process(
                List.of("java", "-Xmx1g", "-javaagent:/opt/oncrpc4j-rdma-agent.jar=transport=tcp,rdma",
                        "-javaagent:/opt/other.jar=" + SECRET,
                        "-Doncrpc.rdma.credits=9", "-Doncrpc.password=" + SECRET, "-Djavax.net.ssl.keyStorePassword=" + SECRET, "Main",
                        SECRET),
                List.of("ONCRPC_RDMA_CONFIG=" + settings, "ONCRPC_TOKEN=" + SECRET, "DB_PASSWORD=" + SECRET,
                        "JAVA_TOOL_OPTIONS=-Dpassword=" + SECRET + " -Doncrpc.rdma.inline=8192"));
        Path file = folder.resolve("bundle.zip");
        new SupportBundle(root, PID, List.of()).write(file);
        assertThat(entries(file)).containsKeys("process.txt", "counters.txt", "counters.json");
        assertThat(entries(file).get("process.txt"))
                .startsWith("agent jar /opt/oncrpc4j-rdma-agent.jar cannot be read")
                .contains("-javaagent:/opt/oncrpc4j-rdma-agent.jar=transport=tcp,rdma", "-Xmx1g", "Max open files",
                        "  ONCRPC_RDMA_CONFIG=")
                .containsPattern("oncrpc.transport +tcp,rdma +agent argument").containsPattern("oncrpc.rdma.credits +9 +system property")
                .containsPattern("oncrpc.rdma.inline +8192 +system property")
                .containsPattern("oncrpc.rdma.keepalive +7s +file " + settings);
        assertThat(entries(file).get("counters.txt")).contains("cannot attach to process " + PID).contains("exit status 1");
        assertThat(String.join("", entries(file).values())).doesNotContain(SECRET).doesNotContain("Main");
    }

    @Test
    void aProcessWithAWrongSettingIsShownWithItsError() throws IOException {
        Path root = process(List.of("java", "-Doncrpc.rdma.inlin=1"), List.of());
        Path file = folder.resolve("bundle.zip");
        new SupportBundle(root, PID, List.of()).write(file);
        assertThat(entries(file).get("process.txt")).contains("Settings: unknown setting oncrpc.rdma.inlin");
    }
}
