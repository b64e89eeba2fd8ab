// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.jvm.Ports;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** nfs4j's own two programs, unmodified, with one more flag each. */
@Timeout(120)
class BasicProgramsIT {

    @TempDir
    private Path folder;

    @Test
    void theBasicClientWorksOnTheBasicServerOverRdma() throws Exception {
        int port = Ports.freePair();
        int rdmaPort = port + 1;
        Path root = Files.createDirectory(folder.resolve("root"));
        Files.writeString(root.resolve("hello"), "hello over RDMA");
        try (JvmProcess server = BasicPrograms.server(root, port, rdmaPort, ""); JvmProcess client = BasicPrograms.client(port, rdmaPort)) {
            server.expect("connection of /127.0.0.1");
            client.expect("over iwarp");
            client.expect("Using slots");
            client.send("read hello");
            client.expect("hello over RDMA");
            client.send("mkdir folder");
            client.send("write " + root.resolve("hello") + " copy");
            client.send("ls");
            client.expect("copy");
            client.send("umount");
            client.expect("ended: closed by this side");
            assertThat(client.output()).doesNotContain("NFS4ERR").doesNotContain("failed");
        }
        assertThat(root.resolve("folder")).isDirectory();
        // Without pNFS this client writes these words, whatever it is to copy.
        assertThat(root.resolve("copy")).hasContent("hello world");
    }
}
