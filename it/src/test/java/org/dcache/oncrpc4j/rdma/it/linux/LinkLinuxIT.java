// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.it.capture.CaptureVerdict;
import org.dcache.oncrpc4j.rdma.it.capture.Recorded;
import org.dcache.oncrpc4j.rdma.it.linux.harness.KernelClient;
import org.dcache.oncrpc4j.rdma.it.linux.harness.KernelMount;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ScenarioReport;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ServedDirectory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What lies below a mount of our export: networks with other MTUs, from which siw makes the length of its FPDUs, and a connection that is
 * closed because nobody uses it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(ScenarioReport.class)
class LinkLinuxIT {

    private static final String DIRECTORY = "/mnt/link";
    private static final String SIZES = "0 1 5 1001 4096 4099 65537 1048577";

    /** IPv4 and TCP headers without options. */
    private static final int HEADERS = 40;

    /** The largest TCP segment that QEMU's user network takes, whatever the MTU. */
    private static final int QEMU_SEGMENT = 1460;

    private KernelClient client;

    @BeforeAll
    void boot() {
        client = KernelClient.boot("link", "stock");
    }

    @ParameterizedTest
    @ValueSource(ints = {576, 1500, 9000})
    void filesAreRightWithFpdusOfThatNetwork(int mtu) throws IOException, InterruptedException {
        client.run("ip link set eth0 mtu " + mtu);
        try (ServedDirectory served = ServedDirectory.serve(); Recorded recorded = Recorded.before(served.rdmaPort(), "link-mtu-" + mtu)) {
            try (KernelMount mount = KernelMount.of(client, served, recorded.port(), DIRECTORY)) {
                mount.run("check-sizes %s/sizes " + SIZES);
            }
            CaptureVerdict verdict = recorded.verdict();
            int longest = recorded.longestFpduToServer();
            ScenarioReport.note("longest FPDU of the client: " + longest + " bytes; capture " + verdict);
            verdict.check();
            assertThat(longest).isBetween(Math.min(mtu - HEADERS, QEMU_SEGMENT) / 2, mtu - HEADERS);
        } finally {
            client.run("ip link set eth0 mtu 1500");
        }
    }

    @Test
    void aMountWhoseIdleConnectionWeClosedGoesOn() throws IOException, InterruptedException {
        try (ServedDirectory served = ServedDirectory.serve("--set=rdma.idle-timeout=5s");
                KernelMount mount = KernelMount.of(client, served, served.rdmaPort(), DIRECTORY)) {
            for (int i = 0; i < 3; i++) {
                mount.run("check-sizes %s/idle-" + i + ' ' + SIZES);
                served.awaitAtMost("xprt.connections", 0);
            }
            mount.run("check-sizes %s/idle-end " + SIZES);
            assertThat(served.counters().get("xprt.idle_closed")).as("connections closed for being idle").isGreaterThanOrEqualTo(3);
            assertThat(mount.stats().counter("connect_count")).as("connections").isGreaterThanOrEqualTo(4);
            // a slow guest may be in the middle of a call when we close
            mount.lostConnections();
        }
    }

    @AfterAll
    void end() {
        if (client != null) {
            client.close();
        }
    }
}
