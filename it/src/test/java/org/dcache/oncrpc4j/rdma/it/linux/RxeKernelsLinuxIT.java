// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.dcache.oncrpc4j.rdma.it.linux.harness.LinuxGuest;
import org.dcache.oncrpc4j.rdma.it.linux.harness.MountStats;
import org.dcache.oncrpc4j.rdma.it.linux.harness.RxePair;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ScenarioReport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The kernel's NFS client against the kernel's server over software RoCEv2, nothing of ours: proves the cable between two guests, and rxe.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(ScenarioReport.class)
@Tag("linux-full")
class RxeKernelsLinuxIT {

    private static final int SIZE = 3_000_001;

    private RxePair guests;

    @BeforeAll
    void boot() {
        guests = RxePair.boot("rxe-kernels");
        guests.server().run("knfsd.sh");
        guests.client().run("nfs-client.sh");
    }

    @ParameterizedTest
    @ValueSource(strings = {"3", "4.1"})
    void whatIsWrittenIsReadAgain(String version) {
        LinuxGuest client = guests.client();
        boolean v3 = version.equals("3");
        client.run("SERVER=" + RxePair.SERVER + " mount-nfs.sh " + version + " rdma 20049 "
                + (v3 ? "/export /mnt/rxe mountport=20048" : "/ /mnt/rxe"));
        client.run("pattern 5 " + SIZE + " > /mnt/rxe/file && sync /mnt/rxe/file && echo 3 > /proc/sys/vm/drop_caches");
        client.run("pattern 5 " + SIZE + " | cmp - /mnt/rxe/file");
        MountStats stats = MountStats.parse(client.run("mount-stats.sh /mnt/rxe"));
        ScenarioReport.note("mount: " + stats.line());
        assertThat(stats.transport()).isEqualTo("rdma");
        client.run("rm /mnt/rxe/file && umount /mnt/rxe");
    }

    @AfterAll
    void end() {
        if (guests != null) {
            guests.close();
        }
    }
}
