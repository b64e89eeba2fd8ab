// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.dcache.oncrpc4j.rdma.export.tree.DirectoryTree;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of libnfs, a client that nobody here wrote, over TCP. Skipped where they are not installed (package libnfs-utils). */
class LibnfsTest {

    @TempDir
    Path temporary;

    @Test
    void itListsAndCopiesAndReads() throws IOException {
        Shell.need("which", "nfs-ls", "nfs-cp", "nfs-cat");
        Path directory = Files.createDirectories(temporary.resolve("export").resolve("sub")).getParent();
        Path source = temporary.resolve("source");
        byte[] data = new byte[3_000_001];
        new Random(1).nextBytes(data);
        Files.write(source, data);
        Files.writeString(directory.resolve("at the root"), "text");
        try (Mounted nfs = Mounted.asRoot(new DirectoryTree(directory, false, false))) {
            String port = "nfsport=" + nfs.server.port() + "&mountport=" + nfs.server.port() + "&version=3";
            String where = "nfs://127.0.0.1/";
            assertThat(run("nfs-cp", source.toString(), where + "sub/copy?" + port)).contains("3000001");
            assertThat(directory.resolve("sub").resolve("copy")).hasBinaryContent(data);
            assertThat(run("nfs-ls", where + "sub?" + port)).contains("copy");
            assertThat(run("nfs-ls", where + "?" + port)).contains("sub", "at the root");
            // With one slash libnfs mounts an empty path, which it gets and then refuses itself, unless it need not look for more exports.
            assertThat(run("nfs-cat", where + "/at the root?" + port)).isEqualTo("text");
            assertThat(run("nfs-cat", where + "at the root?auto-traverse-mounts=0&" + port)).isEqualTo("text");
            Path back = temporary.resolve("back");
            run("nfs-cp", where + "sub/copy?" + port, back.toString());
            assertThat(back).hasBinaryContent(data);
        }
    }

    private static String run(String... command) {
        Shell.Result result = Shell.run(command);
        assertThat(result.status()).as("%s: %s", String.join(" ", command), result.output()).isZero();
        return result.output();
    }
}
