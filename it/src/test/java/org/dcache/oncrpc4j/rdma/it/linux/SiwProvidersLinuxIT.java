// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.linux.harness.GuestJvm;
import org.dcache.oncrpc4j.rdma.it.linux.harness.LinuxGuest;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ScenarioReport;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ServedDirectory;
import org.dcache.oncrpc4j.rdma.it.nfs.Programs;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Our two providers for iWARP with each other, in both roles: software in Java on this machine, libibverbs on the kernel's siw in a guest.
 * Files of lengths that go inline, by Read chunk and by Write chunk are written, read back and compared byte by byte.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(ScenarioReport.class)
class SiwProvidersLinuxIT {

    private static final int TCP = 3049;
    private static final int RDMA = 3050;

    /** Blocks of 1 MiB; the other numbers are the lengths of files. */
    private static final String SAMPLE = "sample 1048576 0 1 5 1001 4096 65537 1048576 3000001";
    private static final String FILES = "8";

    private static final List<String> CLIENT_PATHS = List.of("client_call_inline", "client_call_read_chunk", "client_reply_inline",
            "client_reply_write_chunk");
    private static final List<String> SERVER_PATHS = List.of("server_call_inline", "server_call_read_chunk", "server_reply_inline",
            "server_reply_write_chunk");

    private GuestJvm jvm;
    private LinuxGuest guest;

    @BeforeAll
    void boot() {
        jvm = GuestJvm.require();
        guest = LinuxGuest.boot("siw-providers", TCP, RDMA);
        guest.run("siw.sh stock");
    }

    @Test
    void aClientInJavaWithAServerOnLibibverbs() {
        jvm.serve(guest, "--bind=10.0.2.15 --port=" + TCP + " --rdma-port=" + RDMA);
        int port = guest.address(RDMA).getPort();
        try (JvmProcess client = Programs.client("transport=tcp,rdma,rdma.provider=iwarp,rdma.connect=" + port + ">" + port, 1)) {
            assertThat(Programs.ask(client, "connect " + port + ' ' + guest.address(TCP).getPort() + " /"))
                    .containsEntry("transport", "RdmaRpcTransport");
            assertThat(Programs.ask(client, SAMPLE)).containsEntry("files", FILES);
            Map<String, Long> counters = Programs.numbers(client, "counters");
            ScenarioReport.note("client in Java: " + counters);
            counted(counters, CLIENT_PATHS);
            // The server's replies end the handles of their calls.
            assertThat(counters.get("xprt.remote_invalidations")).as("handles that the server invalidated; all: %s", counters).isPositive();
            Programs.quit(client);
        }
    }

    @Test
    void aClientOnLibibverbsWithAServerInJava() throws IOException {
        try (ServedDirectory served = ServedDirectory.serve("--set=rdma.provider=iwarp")) {
            int port = served.rdmaPort();
            String said = guest.run(jvm.treeClient("10.0.2.2", port, "connect " + port + ' ' + served.tcpPort() + " /", SAMPLE,
                    "counters"));
            assertThat(said).contains("DONE connect transport=RdmaRpcTransport").contains("DONE sample files=" + FILES)
                    .doesNotContain("FAILED");
            Map<String, Long> client = numbers(said.lines().filter(line -> line.startsWith("DONE counters ")).findFirst().orElseThrow());
            Map<String, Long> server = served.counters();
            ScenarioReport.note("client on libibverbs: " + client);
            ScenarioReport.note("server in Java: " + server);
            counted(client, CLIENT_PATHS);
            counted(server, SERVER_PATHS);
            // siw lets no peer invalidate a region, so the client says that it does not take that, and ends its handles itself.
            assertThat(server.getOrDefault("xprt.sends_with_invalidate", 0L)).isZero();
            assertThat(client.get("xprt.local_invalidations")).as("handles that the client ended; all: %s", client).isPositive();
        }
    }

    private static void counted(Map<String, Long> counters, List<String> paths) {
        for (String path : paths) {
            assertThat(counters.getOrDefault("xprt." + path, 0L)).as("%s of %s", path, counters).isPositive();
        }
        for (String bad : List.of("dropped_bad_reply", "dropped_unknown_xid", "received_error", "sent_err_chunk_header")) {
            assertThat(counters.getOrDefault("xprt." + bad, 0L)).as("%s of %s", bad, counters).isZero();
        }
    }

    private static Map<String, Long> numbers(String line) {
        Map<String, Long> numbers = new TreeMap<>();
        for (String word : line.split(" ")) {
            int equals = word.indexOf('=');
            if (equals > 0) {
                numbers.put(word.substring(0, equals), Long.parseLong(word.substring(equals + 1)));
            }
        }
        return numbers;
    }

    @Test
    void autoPassesOverLibibverbsWhereSiwIsAll() {
        String said = guest.run(jvm.tool("info"));
        ScenarioReport.note(said.lines().filter(line -> line.strip().startsWith("rdma-core ") || line.strip().startsWith("disni ")).toList()
                .toString());
        assertThat(said).containsPattern("rdma-core +available: siw0 .*; auto passes it over: the only device is siw")
                .containsPattern("disni +not available: the only device is siw0, which is siw: its completions come out of order")
                .containsPattern("iwarp +available");
    }

    /** siw holds all users to the limit, also root. */
    @Test
    void aLimitOfLockedMemoryThatIsTooLowIsSaid() {
        String said = guest.run("(ulimit -l 1; " + jvm.tool("info") + ")");
        assertThat(said).containsPattern(
                "rdma-core +not available: self-test: cannot register 4096 bytes with the RDMA device: ENOMEM.*raise `ulimit -l`")
                .containsPattern("iwarp +available");
    }

    @AfterAll
    void end() {
        if (guest != null) {
            guest.close();
        }
    }
}
