// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import org.dcache.oncrpc4j.rdma.it.linux.harness.GuestJvm;
import org.dcache.oncrpc4j.rdma.it.linux.harness.RxeMount;
import org.dcache.oncrpc4j.rdma.it.linux.harness.RxePair;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ScenarioReport;
import org.dcache.oncrpc4j.rdma.it.nfs4j.BasicPrograms;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** NFSv4.1 over software RoCEv2 between two guests: the kernel's client with nfs4j's basic server on libibverbs. */
@ExtendWith(ScenarioReport.class)
class RxeNfs4jLinuxIT {

    @Test
    void theKernelsClientWritesAndReadsWithNfs4jInVersion41() {
        GuestJvm jvm = GuestJvm.require();
        try (RxePair guests = RxePair.boot("rxe-nfs4j")) {
            jvm.serveNfs4j(guests.server(), BasicPrograms.serverJar(), RxeMount.PORTS);
            RxeMount.writesAndReads(guests, "4.1", "");
            RxeMount.endServer(guests);
        }
    }
}
