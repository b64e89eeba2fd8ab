// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.it.Tool;
import org.dcache.oncrpc4j.rdma.it.linux.harness.LinuxGuest;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ScenarioReport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code rpcrdma ping}, our whole client, against the Linux kernel's NFS server over siw. What the kernel counted shows that the calls
 * came over RDMA and reached NFS.
 */
@ExtendWith(ScenarioReport.class)
class PingLinuxIT {

    /** siw as it is: it takes the CRC bit as we ask for it, and it can overlook the first FPDU of a connection. */
    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class Stock extends Server {

        Stock() {
            super("stock");
        }

        @ParameterizedTest
        @ValueSource(ints = {3, 4})
        void nullCallsAreAnsweredWithoutCrc(int version) throws Exception {
            Tool.Result result = ping("--version=" + version, "--count=3", "--set=rdma.iwarp.crc=off");
            assertThat(result.output()).containsPattern("checksum +off").contains("3 NULL calls of program 100003 version " + version);
            assertThat(result.status()).isZero();
            assertThat(callsServed()).isEqualTo(3);
        }

        @ParameterizedTest
        @ValueSource(ints = {3, 4})
        void nullCallsAreAnsweredWithTheCrcThatWeAskFor(int version) throws Exception {
            Tool.Result result = ping("--version=" + version, "--count=3");
            assertThat(result.output()).containsPattern("checksum +on").contains("3 NULL calls of program 100003 version " + version);
            assertThat(result.status()).isZero();
            assertThat(callsServed()).isEqualTo(3);
        }

        @Test
        void whatTheKernelOffersIsUnderstood() throws Exception {
            assertThat(ping("--count=1").output())
                    .containsPattern("provider +iwarp: MPA revision 2")
                    .containsPattern("inline thresholds +4096 B to the server, 4096 B from it")
                    .containsPattern("credits +64 granted, 128 asked for");
        }

        /** The connection would end nine seconds after the first call if the kernel's RDMA layer did not answer an RDMA Read of nothing. */
        @Test
        void theKernelAnswersTheProbesOfASilentConnection() throws Exception {
            Tool.Result result = ping("--count=2", "--interval=12000", "--set=rdma.keepalive=3s");
            assertThat(result.output()).contains("2 NULL calls of program 100003 version 3");
            assertThat(result.status()).isZero();
            assertThat(callsServed()).isEqualTo(2);
        }

        @Test
        void noneOfTwoHundredConnectionsInARowGetsStuck() throws Exception {
            Tool.Result result = ping("--connections=200", "--interval=0", "--set=rdma.iwarp.crc=off");
            assertThat(result.output()).startsWith("200 of 200 connections succeeded");
            assertThat(result.status()).isZero();
            assertThat(callsServed()).isEqualTo(200);
        }
    }

    /** siw that requires CRC. */
    @Nested
    @Tag("linux-full")
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class CrcRequired extends Server {

        CrcRequired() {
            super("crc");
        }

        @ParameterizedTest
        @ValueSource(strings = {"on", "off"})
        void crcIsUsedWhetherWeAskForItOrNot(String asked) throws Exception {
            for (int version = 3; version <= 4; version++) {
                Tool.Result result = ping("--version=" + version, "--count=3", "--set=rdma.iwarp.crc=" + asked);
                assertThat(result.output()).containsPattern("checksum +on").contains("3 NULL calls of program 100003 version " + version);
                assertThat(result.status()).isZero();
            }
        }

        @Test
        void noneOfTwoHundredConnectionsInARowGetsStuck() throws Exception {
            Tool.Result result = ping("--connections=200", "--interval=0");
            assertThat(result.output()).startsWith("200 of 200 connections succeeded");
            assertThat(result.status()).isZero();
            assertThat(callsServed()).isEqualTo(200);
        }
    }

    /** A guest with the NFS server, for one group of tests. */
    private abstract static class Server {

        private final String siw;
        private LinuxGuest guest;
        private long receivedBefore;
        private long servedBefore;

        Server(String siw) {
            this.siw = siw;
        }

        @BeforeAll
        void boot() {
            guest = LinuxGuest.bootNfsServer("ping-" + siw, siw);
        }

        /** Runs the tool; what the server counts from here on is what {@link #callsServed} tells. */
        Tool.Result ping(String... options) throws IOException, InterruptedException {
            InetSocketAddress server = guest.address(20049);
            receivedBefore = received();
            servedBefore = served();
            List<String> words = new ArrayList<>(List.of("ping", server.getHostString() + ":" + server.getPort()));
            words.addAll(List.of(options));
            return Tool.run(words.toArray(String[]::new));
        }

        /** NULL calls that reached NFS since the ping, all of them over RDMA. */
        long callsServed() {
            long calls = served() - servedBefore;
            assertThat(received() - receivedBefore).as("messages the kernel received over RDMA").isEqualTo(calls);
            return calls;
        }

        private long received() {
            return Long.parseLong(guest.run("cat /proc/sys/sunrpc/svc_rdma/rdma_stat_recv"));
        }

        /** NULL is the first procedure of each version. */
        private long served() {
            return Long.parseLong(guest.run("awk '/^proc[34] / {n += $3} END {print n}' /proc/net/rpc/nfsd"));
        }

        @AfterAll
        void stop() {
            if (guest != null) {
                guest.close();
            }
        }
    }
}
