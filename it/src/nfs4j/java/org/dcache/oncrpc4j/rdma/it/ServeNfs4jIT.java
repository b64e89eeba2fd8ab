// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.it.jvm.Ports;
import org.dcache.oncrpc4j.rdma.it.nfs4j.BasicPrograms;
import org.dcache.oncrpc4j.rdma.it.nfs4j.WritingClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code rpcrdma serve --nfs4j}, as a user runs it: NFSv3 and v4 over RDMA, NFSv4.1 over TCP beside it. */
@Timeout(120)
class ServeNfs4jIT {

    private static final long SECONDS = 30;

    @TempDir
    private Path folder;

    @Test
    void servesOverRdmaAndTcpUntilItIsEnded() throws Exception {
        int port = Ports.freePair();
        Files.writeString(folder.resolve("file"), "served");
        Process tool = Tool.command(Tool.script(), "serve", "--nfs4j", "--nfs4j-jar", BasicPrograms.serverJar().toString(),
                "--port", "" + port, "--rdma-port", "" + (port + 1), folder.toString()).start();
        try (BufferedReader out = tool.inputReader()) {
            List<String> lines = until(out, "it has answered a call over RDMA");
            assertThat(lines).last().asString().contains("over RDMA on port " + (port + 1)).contains("over TCP on port " + port);
            assertThat(out.readLine()).contains("mount -t nfs -o vers=4.1,rdma,port=" + (port + 1));
            for (String version : List.of("3", "4")) {
                Tool.Result ping = Tool.run("ping", "--version=" + version, "--count=1", "127.0.0.1:" + (port + 1));
                assertThat(ping.output()).contains("1 NULL calls of program 100003 version " + version);
            }
            try (WritingClient client = new WritingClient(port)) {
                assertThat(client.refusalsUntilOpen("file")).isZero();
            }
            List<ProcessHandle> children = tool.descendants().toList();
            assertThat(children).isNotEmpty();
            tool.toHandle().destroy();
            for (ProcessHandle child : children) {
                child.onExit().get(SECONDS, TimeUnit.SECONDS);
            }
            assertThat(tool.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
        } finally {
            tool.descendants().forEach(ProcessHandle::destroyForcibly);
            tool.destroyForcibly();
        }
    }

    @Test
    void aPortInUseFailsAtOnce() throws Exception {
        int port = Ports.freePair();
        try (ServerSocket taken = new ServerSocket(port + 1)) {
            Tool.Result result = Tool.run("serve", "--nfs4j", "--nfs4j-jar", BasicPrograms.serverJar().toString(),
                    "--port", "" + port, "--rdma-port", "" + taken.getLocalPort(), folder.toString());
            assertThat(result.output()).contains("port " + taken.getLocalPort() + " cannot be used").doesNotContain("nfs4j serves");
            assertThat(result.status()).isOne();
        }
    }

    private static List<String> until(BufferedReader out, String text) throws IOException {
        List<String> lines = new ArrayList<>();
        String line;
        do {
            line = out.readLine();
            assertThat(line).as("output so far: " + lines).isNotNull();
            lines.add(line);
        } while (!line.contains(text));
        return lines;
    }
}
