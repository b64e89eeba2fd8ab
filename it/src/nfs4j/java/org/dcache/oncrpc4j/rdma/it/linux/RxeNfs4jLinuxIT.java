// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.dcache.oncrpc4j.rdma.it.nfs4j.BasicPrograms;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** NFSv4.1 over software RoCEv2 between two guests: the kernel's client with nfs4j's basic server on libibverbs. */
@ExtendWith(ScenarioReport.class)
class RxeNfs4jLinuxIT {

    private static final int SIZE = 3_000_001;
    private static final int TCP = 3049;
    private static final int RDMA = 3050;

    @Test
    void theKernelsClientWritesAndReadsWithNfs4jInVersion41() {
        GuestJvm jvm = GuestJvm.require();
        try (RxePair guests = RxePair.boot("rxe-nfs4j")) {
            jvm.serveNfs4j(guests.server(), BasicPrograms.serverJar(), "--port=" + TCP + " --rdma-port=" + RDMA);
            LinuxGuest client = guests.client();
            client.run("nfs-client.sh && SERVER=" + RxePair.SERVER + " mount-nfs.sh 4.1 rdma " + RDMA + " / /mnt/rxe");
            client.run("pattern 5 " + SIZE + " > /mnt/rxe/file && sync /mnt/rxe/file && echo 3 > /proc/sys/vm/drop_caches");
            client.run("pattern 5 " + SIZE + " | cmp - /mnt/rxe/file");
            MountStats stats = MountStats.parse(client.run("mount-stats.sh /mnt/rxe"));
            ScenarioReport.note("mount: " + stats.line());
            assertThat(stats.transport()).isEqualTo("rdma");
            assertThat(stats.counter("bad_reply_count")).isZero();
            assertThat(stats.retransmissions()).isZero();
            client.run("umount /mnt/rxe");
            guests.server().run("pattern 5 " + SIZE + " | cmp - /tmp/export/file");
            GuestJvm.endServer(guests.server());
            assertThat(guests.server().run("rdma resource show")).as("what stays on the device").contains("qp 1 ");
        }
    }
}
