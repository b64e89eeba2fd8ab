// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code rpcrdma check} of servers of each kind, and of this machine. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class CheckIT {

    private static final String DEMO = "--program=" + DemoService.PROGRAM + ":" + DemoService.VERSION;
    private static final String TIMEOUT = "--timeout=3000";

    @Test
    void transportsProgramsAndWhatIsAgreedOn() throws Exception {
        try (Served served = Served.start("--memory")) {
            String rdma = "127.0.0.1:" + served.rdmaPort();
            Tool.Result result = Tool.run("check", rdma, TIMEOUT, "--set", "rdma.provider=iwarp");
            assertThat(result.output()).contains(rdma).containsPattern(
                    "ok +RDMA, iwarp +MOUNT 3, NFS 3; inline 16384/16384 B, credits \\d+, CRC on");
            assertThat(result.status()).isZero();
        }
    }

    /** The names are documented, for collectors. */
    @Test
    void json() throws Exception {
        try (DemoService rdma = DemoService.overRdma()) {
            Tool.Result result = Tool.run("check", rdma.target(), DEMO, TIMEOUT, "--json", "--set", "rdma.provider=iwarp");
            assertThat(result.output()).startsWith("{\"ok\": true, \"parts\": [{\"name\": \"127.0.0.1:111\", \"findings\": [{\"level\": ")
                    .contains("{\"name\": \"" + rdma.target() + "\", \"findings\": [{\"level\": \"note\", \"subject\": \"TCP\", ")
                    .contains("{\"level\": \"ok\", \"subject\": \"RDMA, iwarp\", \"text\": \"")
                    .containsPattern("\"connection\": \\{\"provider\": \"iwarp\", .*\"programs\": \\[\"" + DEMO.substring(10) + "\"]");
            assertThat(result.status()).isZero();
        }
    }

    @Test
    void bothTransportsOnOnePort() throws Exception {
        try (DemoService both = DemoService.overRdma("oncrpc.transport=tcp,rdma")) {
            Tool.Result result = Tool.run("check", both.target(), DEMO, TIMEOUT, "--set", "rdma.provider=iwarp");
            assertThat(result.output()).containsPattern("ok +TCP +" + DEMO.substring(10)).containsPattern("ok +RDMA, iwarp +"
                    + DEMO.substring(10));
            assertThat(result.status()).isZero();
        }
    }

    @Test
    void rdmaAloneSaysWhatThatMeansForOthers() throws Exception {
        try (DemoService rdma = DemoService.overRdma()) {
            Tool.Result result = Tool.run("check", rdma.target(), DEMO, TIMEOUT, "--set", "rdma.provider=iwarp");
            assertThat(result.output()).containsPattern("note +TCP +not served: .*clients on TCP").containsPattern("ok +RDMA, iwarp");
            assertThat(result.status()).isZero();
        }
    }

    @Test
    void aServerWithoutTheAgentAndNoServerAtAllAreToldApart() throws Exception {
        int nobody;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = free.getLocalPort();
        }
        try (DemoService tcp = DemoService.overTcp()) {
            Tool.Result result = Tool.run("check", tcp.target(), "127.0.0.1:" + nobody, DEMO, TIMEOUT, "--set", "rdma.provider=iwarp");
            assertThat(result.status()).isOne();
            assertThat(result.output()).containsPattern("wrong +RDMA +TCP is served here and RDMA is not: has its JVM the agent")
                    .containsPattern("wrong +RDMA +nothing is served here");
        }
    }

    @Test
    void thisMachineIsLookedAtInWords() throws Exception {
        Tool.Result result = Tool.run("check", "--local", "--set", "rdma.provider=iwarp");
        assertThat(result.output()).contains("As a server").containsPattern("ok +iwarp").contains("open files").contains("locked memory")
                .contains("As a client that mounts").contains("module rpcrdma");
        assertThat(result.status()).isZero();
        assertThat(Tool.run("check", "--local", "127.0.0.1").status()).isEqualTo(2);
        assertThat(Tool.run("check").status()).isEqualTo(2);
        assertThat(Tool.run("check", "h:0").status()).isEqualTo(2);
        assertThat(Tool.run("check", "h", "--program", "nfs").status()).isEqualTo(2);
    }
}
