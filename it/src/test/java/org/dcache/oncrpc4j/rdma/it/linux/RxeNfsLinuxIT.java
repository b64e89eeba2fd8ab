// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import org.dcache.oncrpc4j.rdma.it.linux.harness.GuestJvm;
import org.dcache.oncrpc4j.rdma.it.linux.harness.GuestKit;
import org.dcache.oncrpc4j.rdma.it.linux.harness.RxeCosts;
import org.dcache.oncrpc4j.rdma.it.linux.harness.RxeMount;
import org.dcache.oncrpc4j.rdma.it.linux.harness.RxePair;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ScenarioReport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * NFSv3 over software RoCEv2 between two guests: the kernel's client with our server, and our client with the kernel's server, both of ours
 * on libibverbs. One guest has both servers, the other one both clients.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(ScenarioReport.class)
class RxeNfsLinuxIT {

    private static final String MOUNT_PORT = "mountport=" + RxeMount.TCP;

    private GuestJvm jvm;
    private RxePair guests;

    @BeforeAll
    void boot() {
        jvm = GuestJvm.require();
        guests = RxePair.boot("rxe-nfs");
        guests.server().run("knfsd.sh");
        jvm.serve(guests.server(), "--bind=" + RxePair.SERVER + " --set=rdma.bind=" + RxePair.SERVER + ',' + RxePair.SERVER6 + ' '
                + RxeMount.PORTS);
        guests.client().run("nfs-client.sh");
    }

    @Test
    void theKernelsClientWritesAndReadsWithOurServer() {
        RxeMount.writesAndReads(guests, "3", MOUNT_PORT);
    }

    @Test
    void theKernelsClientWritesAndReadsWithOurServerByIpv6() {
        RxeMount.writesAndReadsByIpv6(guests);
        assertThat(guests.server().run("cat /out/serve.log")).containsPattern("fd77:[0:]*:2");
    }

    @Test
    void ourClientWritesAndReadsWithTheKernelsServer() {
        String said = guests.client()
                .run(jvm.treeClient(RxePair.SERVER, 20049, "connect 20049 20048 /export", "sample 1048576 0 1 5 1001 4096 65537 1048576",
                "counters"));
        ScenarioReport.note(said.lines().filter(line -> line.startsWith("DONE ")).toList().toString());
        assertThat(said).contains("DONE connect transport=RdmaRpcTransport").contains("DONE sample files=7").doesNotContain("FAILED");
    }

    /** The table is left in {@code target/linux/rxe-cost.txt}, and in the report. */
    @Test
    void noOperationIsMoreWorkForTheDeviceThanWithTheKernelsServer() throws IOException {
        RxeCosts ours = RxeCosts.of(guests, "/tmp/export", RxeMount.RDMA + " /", MOUNT_PORT);
        RxeCosts kernels = RxeCosts.of(guests, "/export", "20049 /export", "mountport=20048");
        String table = ours.text(kernels);
        Files.writeString(GuestKit.output("rxe-cost.txt"), "Our server / the kernel's, for each operation.\n" + table);
        table.lines().forEach(ScenarioReport::note);
        ours.assertAtMost(kernels);
    }

    @AfterAll
    void end() {
        if (guests != null) {
            try (RxePair both = guests) {
                RxeMount.endServer(both);
            }
        }
    }
}
