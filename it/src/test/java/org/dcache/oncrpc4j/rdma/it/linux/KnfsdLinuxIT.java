// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.it.capture.CaptureVerdict;
import org.dcache.oncrpc4j.rdma.it.capture.Recorded;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.linux.harness.LinuxGuest;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ScenarioReport;
import org.dcache.oncrpc4j.rdma.it.nfs.Programs;
import org.dcache.oncrpc4j.rdma.it.nfs.app.Tree;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** Our NFS client, whose calls the agent takes to RDMA, against the Linux kernel's NFS server over siw. */
@ExtendWith(ScenarioReport.class)
class KnfsdLinuxIT {

    private static final int NFS_RDMA = 20049;
    private static final int MOUNT = 20048;
    private static final String TREE = "7 250 false 4 1048576";

    /** siw as it is. */
    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class Stock extends Server {

        Stock() {
            super("stock");
        }

        @Test
        void aTreeOfFilesOfEverySizeIsWrittenAndReadBack() throws IOException {
            writeReadAndCompare();
        }

        @Test
        void whatIsOnTheWireIsRightForUsAndForWireshark() throws Exception {
            recordedSample();
        }

        @Test
        void aLargeDirectoryComesByReplyChunks() {
            guest.run("mkdir /export/large && cd /export/large && seq 5000 | sed 's/^/an-entry-with-a-name-of-some-length-/' | xargs "
                    + "touch");
            Map<String, Long> before = Programs.numbers(client, "counters");
            // with "." and ".."
            assertThat(Programs.ask(client, "list large")).containsEntry("names", "5002").containsEntry("different", "5002");
            assertThat(Programs.numbers(client, "counters").get("xprt.client_reply_long")).as("long replies")
                    .isGreaterThan(before.getOrDefault("xprt.client_reply_long", 0L));
        }

        @Test
        void aServerThatIsRestartedUnderLoadLosesNothing() throws IOException {
            Path goOn = Files.createTempFile("go-on", null);
            try {
                client.send("write " + TREE + ' ' + goOn);
                for (int i = 0; i < 2; i++) {
                    guest.run("sleep 1; rpc.nfsd 0; sleep 1; rpc.nfsd --rdma=20049 8; cat /proc/fs/nfsd/portlist");
                }
            } finally {
                Files.delete(goOn);
            }
            String answer = client.expectOneOf("DONE write", "FAILED ");
            assertThat(answer).as(client.output()).startsWith("DONE write").doesNotContain("connects=2 ");
            readAndCompare();
        }
    }

    /** siw that wants CRC of everybody. */
    @Nested
    @Tag("linux-full")
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class CrcRequired extends Server {

        CrcRequired() {
            super("crc");
        }

        @Test
        void aTreeOfFilesOfEverySizeIsWrittenAndReadBack() throws IOException {
            writeReadAndCompare();
        }

        @Test
        void whatIsOnTheWireIsRightForUsAndForWireshark() throws Exception {
            recordedSample();
        }
    }

    /** A guest with the NFS server, and for each test a client of its own; the export is empty when it starts. */
    private abstract static class Server {

        private final String siw;
        LinuxGuest guest;
        JvmProcess client;

        Server(String siw) {
            this.siw = siw;
        }

        @BeforeAll
        void boot() {
            guest = LinuxGuest.bootNfsServer("knfsd-" + siw, siw, MOUNT);
        }

        @BeforeEach
        void connect() {
            client = connect(guest.address(NFS_RDMA).getPort());
        }

        private JvmProcess connect(int port) {
            // MOUNT goes over TCP, as it does from Linux.
            JvmProcess program = Programs.client("transport=tcp,rdma,rdma.provider=iwarp,rdma.connect=" + port + ">" + port, 2);
            try {
                assertThat(Programs.ask(program, "connect " + port + ' ' + guest.address(MOUNT).getPort() + " /export"))
                        .containsEntry("transport", "RdmaRpcTransport");
                return program;
            } catch (AssertionError e) {
                program.close();
                throw e;
            }
        }

        /** Every kind of message between client and server, recorded. */
        void recordedSample() throws IOException, InterruptedException {
            try (Recorded recorded = Recorded.before(guest.address(NFS_RDMA).getPort(), "knfsd-" + siw)) {
                try (JvmProcess program = connect(recorded.port())) {
                    assertThat(Programs.ask(program, "sample 1048576 0 1 5 1001 4096 4099 65537 1048576")).containsEntry("files", "8");
                    Programs.quit(program);
                }
                CaptureVerdict verdict = recorded.verdict();
                ScenarioReport.note("capture " + verdict);
                assertThat(verdict.check().withCrc()).as("CRC, which our client asks for").isTrue();
                for (String kind : List.of("send", "write", "read_request", "read_response", "rdma_msg")) {
                    assertThat(verdict.figure(kind)).as(kind).isPositive();
                }
            }
        }

        void writeReadAndCompare() throws IOException {
            Map<String, Long> before = Programs.numbers(client, "counters");
            Programs.ask(client, "write " + TREE);
            guest.run("echo 3 > /proc/sys/vm/drop_caches");
            readAndCompare();
            Map<String, Long> after = Programs.numbers(client, "counters");
            for (String path : List.of("client_call_inline", "client_call_read_chunk", "client_reply_inline", "client_reply_write_chunk")) {
                assertThat(after.get("xprt." + path)).as(path).isGreaterThan(before.getOrDefault("xprt." + path, 0L));
            }
            for (String bad : List.of("dropped_bad_reply", "received_error")) {
                assertThat(after.getOrDefault("xprt." + bad, 0L)).as(bad).isZero();
            }
            assertThat(Long.parseLong(guest.run("cat /proc/sys/sunrpc/svc_rdma/rdma_stat_read"))).as("RDMA Reads of the kernel")
                    .isPositive();
        }

        void readAndCompare() throws IOException {
            Path digests = Files.createTempFile("digests", null);
            try {
                Programs.ask(client, "read " + TREE + ' ' + digests);
                assertThat(Files.readAllLines(digests)).isEqualTo(new Tree(7, 250, false).files().stream()
                        .map(file -> file.path() + ' ' + file.size() + ' ' + file.content().digest()).sorted().toList());
            } finally {
                Files.delete(digests);
            }
        }

        @AfterEach
        void quit() {
            try (JvmProcess closing = client) {
                ScenarioReport.note("our counters: " + Programs.numbers(closing, "counters"));
                Programs.quit(closing);
            }
            guest.run("rm -rf /export/*");
        }

        @AfterAll
        void end() {
            if (guest != null) {
                guest.close();
            }
        }
    }
}
