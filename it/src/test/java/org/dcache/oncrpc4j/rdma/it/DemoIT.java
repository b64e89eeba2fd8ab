// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code rpcrdma demo}, as a user runs it. */
@Timeout(180)
class DemoIT {

    private static final long SECONDS = 20;
    private static final long POLL_MILLIS = 20;

    @Test
    void everyByteIsRightAndItWasRdma() throws Exception {
        Tool.Result result = Tool.run("demo");
        assertThat(result.output())
                .doesNotContain("FAILED")
                .contains("RDMA on the wire: 1 connection, 0 record-marked RPC messages, 2 MPA");
        assertThat(result.output().lines()).last().asString().startsWith("OK: every byte was right");
        assertThat(result.status()).isZero();
    }

    @Test
    void withoutTheAgentTheDemoFailsAndSaysThatItWasTcp() throws Exception {
        Tool.Result result = Tool.run("demo", "--without-agent");
        assertThat(result.output())
                .contains("FAILED: RDMA: no RDMA transport in the server's JVM")
                .contains("FAILED: RDMA: on the wire, client to server: expected MPA frames (iWARP), got record-marked RPC")
                .contains("FAILED: RDMA: on the wire, server to client: expected MPA frames (iWARP), got record-marked RPC")
                .doesNotContain("FAILED: TCP")
                .doesNotContain("OK:");
        assertThat(result.status()).isOne();
    }

    @Test
    void withoutAnAgentJarTheDemoFailsAndSaysSo() throws Exception {
        Tool.Result result = Tool.run("demo", "--agent", "no such.jar");
        assertThat(result.output()).startsWith("FAILED: there is no agent jar no such.jar");
        assertThat(result.status()).isOne();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theJvmsDoNotOutliveTheTool(boolean forcibly) throws Exception {
        Process tool = Tool.command(Tool.script(), "demo", "--without-agent", "--verbose").start();
        try (BufferedReader out = tool.inputReader()) {
            assertThat(out.readLine()).startsWith("TCP: a server and a client JVM");
            List<ProcessHandle> children = children(tool);
            boolean asked = forcibly ? tool.destroyForcibly() != null : tool.toHandle().destroy();
            assertThat(asked).isTrue();
            for (ProcessHandle child : children) {
                child.onExit().get(SECONDS, TimeUnit.SECONDS);
            }
            assertThat(tool.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(tool.exitValue()).isNotZero();
        } finally {
            tool.destroyForcibly();
        }
    }

    /** Waits until there is one at least. */
    private static List<ProcessHandle> children(Process tool) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        List<ProcessHandle> children = tool.descendants().toList();
        while (children.isEmpty() && tool.isAlive() && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            children = tool.descendants().toList();
        }
        assertThat(children).isNotEmpty();
        return children;
    }
}
