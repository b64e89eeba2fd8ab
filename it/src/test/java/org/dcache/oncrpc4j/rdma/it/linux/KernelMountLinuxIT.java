// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.dcache.oncrpc4j.rdma.it.capture.CaptureVerdict;
import org.dcache.oncrpc4j.rdma.it.capture.Recorded;
import org.dcache.oncrpc4j.rdma.it.linux.harness.KernelClient;
import org.dcache.oncrpc4j.rdma.it.linux.harness.KernelMount;
import org.dcache.oncrpc4j.rdma.it.linux.harness.MountStats;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ScenarioReport;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ServedDirectory;
import org.dcache.oncrpc4j.rdma.tool.relay.Relay;
import org.dcache.oncrpc4j.rdma.tool.relay.Tap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The Linux kernel mounts our export over RDMA, uses it hard, loses its connection and comes back. What was written is read again after the
 * caches were dropped, and compared in the guest; the client's own counters tell that it went over RDMA and that no reply was bad.
 */
@ExtendWith(ScenarioReport.class)
class KernelMountLinuxIT {

    /** Around what is inline with a header and without, pages, FPDUs, segments and the largest transfer; odd ends. */
    private static final String SIZES =
            "0 1 2 3 4 5 1000 1001 1023 1024 1025 3700 3801 3902 3950 3967 4000 4095 4096 4097 4099 8191 65473 65475 65535 65536"
            + " 65537 262143 1048575 1048576 1048577 1052672 2097153 4000003";

    private static final String DIRECTORY = "/mnt/kernel";

    private static final String RPC_OVER_TCP = "iwarp.rpc_over_tcp";
    private static final int SECONDS = 25;

    /** siw as it is. It takes the CRC that we ask for. */
    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class Stock extends Mounts {

        Stock() {
            super("stock");
        }

        @Test
        @Tag("conformance-77")
        void filesOfEverySizeComeBackAsTheyWereWritten() throws IOException {
            try (KernelMount mount = mount()) {
                mount.run("check-sizes %s/sizes " + SIZES);
                MountStats stats = mount.stats();
                assertThat(stats.counter("read_chunk_count")).as("WRITEs by Read chunk").isPositive();
                assertThat(stats.counter("write_chunk_count")).as("READs by Write chunk").isPositive();
            }
            assertThat(served.log()).as("CRC is agreed on").anyMatch(line -> line.contains("CRC on"));
        }

        @Test
        void directIoAppendsTruncationsAndTwoWritersLeaveTheRightBytes() throws IOException {
            try (KernelMount mount = mount()) {
                mount.run("check-direct.sh %s/direct");
            }
        }

        @Test
        void linksRenamesModesTimesAndLongNamesWork() throws IOException {
            try (KernelMount mount = mount()) {
                mount.run("mkdir %s/names && check-names %s/names 300");
            }
        }

        @Test
        void aDirectoryOfTenThousandIsListedWholeByReplyChunks() throws IOException {
            Path large = Files.createDirectory(served.directory().resolve("large"));
            for (int i = 0; i < 10_000; i++) {
                Files.createFile(large.resolve("entry-with-a-name-of-some-length-" + i));
            }
            try (KernelMount mount = mount()) {
                for (String list : List.of("ls -U", "ls -Ul --time-style=full-iso")) {
                    mount.run("echo 3 > /proc/sys/vm/drop_caches; [ $(" + list + " %s/large | grep -c entry-with) = 10000 ]"
                            + " && [ $(" + list + " %s/large | grep entry-with | sort -u | wc -l) = 10000 ]");
                }
                assertThat(mount.stats().counter("reply_chunk_count")).as("READDIRPLUS by Reply chunk").isPositive();
            }
        }

        @Test
        void aTreeIsCopiedAndComparedOverRdmaAndOverTcp() throws IOException {
            // Every Debian has it, and the guest sees it wherever this checkout lies.
            String source = "/usr/lib/x86_64-linux-gnu/perl-base";
            try (KernelMount mount = mount()) {
                mount.run("cp -r " + source + " %s/tree && echo 3 > /proc/sys/vm/drop_caches && diff -r " + source + " %s/tree");
            }
            client.mount("tcp", served.tcpPort(), served.tcpPort(), "/", "/mnt/tcp");
            client.run("diff -r " + source + " /mnt/tcp/tree && rm -r /mnt/tcp/tree && [ ! -e /mnt/tcp/tree ]");
            assertThat(client.stats("/mnt/tcp").transport()).isEqualTo("tcp");
            client.unmount("/mnt/tcp");
        }

        @Test
        void fioFindsEveryBlockAsItWroteItWith128Outstanding() throws IOException {
            try (KernelMount mount = mount()) {
                mount.run("fio --name=random --directory=%s --size=16m --rw=randrw --bsrange=512-256k --verify=crc32c --direct=1 "
                        + "--ioengine=libaio --iodepth=16 --verify_fatal=1 --minimal > /out/fio-random.log");
                mount.run("fio --name=deep --directory=%s --size=4m --rw=randwrite --bs=4k --verify=crc32c --direct=1 --ioengine=libaio "
                        + "--iodepth=128 --verify_fatal=1 --minimal > /out/fio-deep.log");
                mount.run("fio --name=mapped --directory=%s --size=4m --rw=randrw --bs=4k --verify=crc32c --ioengine=mmap --verify_fatal=1 "
                        + "--minimal > /out/fio-mapped.log");
                mount.run("rm %s/random.* %s/deep.* %s/mapped.*");
            }
        }

        @Test
        @Tag("linux-full")
        void aKilledProcessLeavesAMountThatGoesOn() throws IOException {
            try (KernelMount mount = mount()) {
                for (int i = 0; i < 5; i++) {
                    client.run("dd if=/dev/zero of=/mnt/kernel/killed bs=1M count=200 status=none & sleep 0.7; kill -9 $!; wait $! 2> "
                            + "/dev/null; true");
                }
                mount.run("rm %s/killed && check-sizes %s/after-kill 4096 1048576 5");
            }
        }

        @Test
        void whatIsOnTheWireIsRightForUsAndForWireshark() throws Exception {
            assertThat(recorded().withCrc()).isTrue();
        }

        /** The kernel dials again only when the connection that is held for it has ended. */
        @Test
        void aMountByTcpOfAPortWithRdmaAloneDoesNotHammerIt() {
            long before = served.counters().getOrDefault(RPC_OVER_TCP, 0L);
            client.run("timeout -s KILL " + SECONDS + " mount-nfs.sh 3 tcp " + served.rdmaPort() + " / /mnt/tcp mountport="
                    + served.tcpPort() + "; [ $? = 137 ] && ! grep ' /mnt/tcp ' /proc/mounts");
            long connects = served.counters().getOrDefault(RPC_OVER_TCP, 0L) - before;
            ScenarioReport.note("connections in " + SECONDS + " s: " + connects);
            assertThat(connects).isBetween(1L, SECONDS / 5L);
        }

        @Test
        void severalConnectionsServeOneMountWhereTheKernelMakesThem() throws IOException {
            try (KernelMount mount = mount("nconnect=4")) {
                mount.run("check-sizes %s/several " + SIZES);
            }
        }

        @Test
        void aServerThatIsKilledAndComesBackLosesNothing() throws IOException {
            try (KernelMount mount = mount()) {
                client.start("restarts", "for i in 1 2 3 4; do check-sizes /mnt/kernel/restart-$i " + SIZES + " || exit 1; done");
                client.run("sleep 1");
                served.restart();
                client.run("sleep 3");
                served.kill();
                client.run("sleep 2");
                served.restart();
                client.finish("restarts");
                assertThat(client.stats("/mnt/kernel").counter("connect_count")).as("connections").isGreaterThan(1);
                mount.lostConnections();
            }
        }

        @Test
        void connectionsThatBreakInTheMiddleOfFpdusLoseNothing() throws IOException {
            Breaks breaks = new Breaks();
            try (Relay relay = new Relay(served.rdmaPort(), breaks::next)) {
                try (KernelMount mount = KernelMount.of(client, served, relay.port(), DIRECTORY)) {
                    client.run("for i in 1 2 3; do check-sizes /mnt/kernel/broken-$i " + SIZES + " || exit 1; done");
                    assertThat(breaks.done.get()).as("connections that were broken").isGreaterThan(2);
                    mount.lostConnections();
                }
            }
        }
    }

    /** siw that wants CRC of everybody. */
    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class CrcRequired extends Mounts {

        CrcRequired() {
            super("crc", "--set=rdma.iwarp.crc=off");
        }

        @Test
        @Tag("conformance-77")
        void crcIsUsedBecauseTheClientAsksForIt() throws IOException {
            try (KernelMount mount = mount()) {
                mount.run("check-sizes %s/sizes " + SIZES);
            }
            assertThat(served.log()).anyMatch(line -> line.contains("CRC on")).noneMatch(line -> line.contains("CRC off"));
        }

        @Test
        @Tag("linux-full")
        void whatIsOnTheWireIsRightForUsAndForWireshark() throws Exception {
            assertThat(recorded().withCrc()).isTrue();
        }
    }

    /** Nobody asks for CRC; small inline threshold. */
    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class NoCrc extends Mounts {

        NoCrc() {
            super("stock", "--set=rdma.iwarp.crc=off", "--set=rdma.inline=1024", "--set=rdma.credits=4");
        }

        @Test
        @Tag("conformance-77")
        void withoutCrcAndWithSmallThresholdsAndFewCreditsTheBytesAreTheSame() throws IOException {
            try (KernelMount mount = mount()) {
                mount.run("check-sizes %s/sizes " + SIZES);
                mount.run("mkdir %s/names && check-names %s/names 300");
            }
            assertThat(served.log()).anyMatch(line -> line.contains("CRC off") && line.contains("inline 1024/1024"))
                    .noneMatch(line -> line.contains("CRC on"));
        }

        @Test
        @Tag("linux-full")
        void whatIsOnTheWireIsRightForUsAndForWireshark() throws Exception {
            CaptureVerdict verdict = recorded();
            assertThat(verdict.figure("crc_checked")).isZero();
        }
    }

    /**
     * Breaks each connection after some more bytes than the last one, in turn by FIN and by RST, on the way to the server and on the way
     * back.
     */
    private static final class Breaks {
        private final AtomicLong connections = new AtomicLong();
        private final AtomicLong done = new AtomicLong();

        Tap next() {
            long number = connections.getAndIncrement();
            long limit = 700_001 + number * 1_234_567;
            AtomicLong left = new AtomicLong(limit);
            return new Tap() {
                @Override
                public Verdict toServer(byte[] bytes, int offset, int length) {
                    return verdict(length);
                }

                @Override
                public Verdict toClient(byte[] bytes, int offset, int length) {
                    return verdict(length);
                }

                private Verdict verdict(int length) {
                    long before = left.getAndAdd(-length);
                    if (before < 0 || before >= length) {
                        return before < 0 ? Verdict.RESET : Verdict.PASS;
                    }
                    done.incrementAndGet();
                    return number % 2 == 0 ? Verdict.RESET : Verdict.FINISH;
                }
            };
        }
    }

    /** A guest and a server, for one group of tests. */
    private abstract static class Mounts {

        private final String siw;
        private final String[] options;
        KernelClient client;
        ServedDirectory served;

        Mounts(String siw, String... options) {
            this.siw = siw;
            this.options = options;
        }

        @BeforeAll
        void boot() throws IOException {
            served = ServedDirectory.serve(options);
            client = KernelClient.boot("mount-" + getClass().getSimpleName(), siw);
        }

        KernelMount mount(String... more) {
            return KernelMount.of(client, served, served.rdmaPort(), DIRECTORY, more);
        }

        /** Every kind of message, recorded between client and server, is right for us and for Wireshark. */
        CaptureVerdict recorded() throws IOException, InterruptedException {
            try (Recorded recorded = Recorded.before(served.rdmaPort(), "mount-" + getClass().getSimpleName())) {
                try (KernelMount mount = KernelMount.of(client, served, recorded.port(), DIRECTORY, "noacl")) {
                    mount.run("check-sizes %s/recorded 0 5 1001 4096 4099 65537 1048577 && mkdir %s/recorded-names && check-names "
                            + "%s/recorded-names 40");
                }
                CaptureVerdict verdict = recorded.verdict();
                ScenarioReport.note("capture " + verdict);
                for (String kind : List.of("send", "write", "read_request", "read_response", "rdma_msg")) {
                    assertThat(verdict.check().figure(kind)).as(kind).isPositive();
                }
                return verdict;
            }
        }

        /** That a reply could not be sent is no error where a connection ended: {@link KernelMount} fails where none was to end. */
        @AfterEach
        void theServerLoggedNoError() {
            served.noErrors("Failed to send RPC");
        }

        @AfterAll
        void end() {
            try (ServedDirectory closing = served) {
                if (client != null) {
                    client.close();
                }
            }
        }
    }
}
