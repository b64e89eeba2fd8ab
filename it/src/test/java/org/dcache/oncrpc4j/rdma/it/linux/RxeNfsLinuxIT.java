// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** NFSv3 over software RoCEv2 between two guests: the kernel's client with our server, and our client with the kernel's server, both of ours on libibverbs. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(ScenarioReport.class)
class RxeNfsLinuxIT {

    private static final int SIZE = 3_000_001;
    private static final int OURS_TCP = 3049;
    private static final int OURS_RDMA = 3050;

    private GuestJvm jvm;
    private RxePair guests;

    @BeforeAll
    void boot() {
        jvm = GuestJvm.require();
        guests = RxePair.boot("rxe-nfs");
    }

    @Test
    void theKernelsClientWritesAndReadsWithOurServer() {
        jvm.serve(guests.server(), "--bind=" + RxePair.SERVER + " --port=" + OURS_TCP + " --rdma-port=" + OURS_RDMA);
        LinuxGuest client = guests.client();
        client.run("nfs-client.sh && SERVER=" + RxePair.SERVER + " mount-nfs.sh 3 rdma " + OURS_RDMA + " / /mnt/rxe mountport=" + OURS_TCP);
        client.run("pattern 5 " + SIZE + " > /mnt/rxe/file && sync /mnt/rxe/file && echo 3 > /proc/sys/vm/drop_caches");
        client.run("pattern 5 " + SIZE + " | cmp - /mnt/rxe/file");
        MountStats stats = MountStats.parse(client.run("mount-stats.sh /mnt/rxe"));
        ScenarioReport.note("mount: " + stats.line());
        assertThat(stats.transport()).isEqualTo("rdma");
        assertThat(stats.counter("bad_reply_count")).isZero();
        assertThat(stats.retransmissions()).isZero();
        client.run("umount /mnt/rxe");
        guests.server().run("pattern 5 " + SIZE + " | cmp - /tmp/export/file");
        // The tool ends its server, and nothing stays on the device.
        GuestJvm.endServer(guests.server());
        assertThat(guests.server().run("rdma resource show")).as("what stays on the device").contains("qp 1 ");
    }

    @Test
    void ourClientWritesAndReadsWithTheKernelsServer() {
        guests.server().run("knfsd.sh");
        String said = guests.client().run(jvm.treeClient(RxePair.SERVER, 20049, "connect 20049 20048 /export", "sample 1048576 0 1 5 1001 4096 65537 1048576", "counters"));
        ScenarioReport.note(said.lines().filter(line -> line.startsWith("DONE ")).toList().toString());
        assertThat(said).contains("DONE connect transport=RdmaRpcTransport").contains("DONE sample files=7").doesNotContain("FAILED");
    }

    @AfterAll
    void end() {
        if (guests != null) {
            guests.close();
        }
    }
}
