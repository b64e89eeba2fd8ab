// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.it.Tool;
import org.junit.jupiter.api.Test;

/** {@code rpcrdma bench --nfs --nfs4j-jar}, as a user runs it. How fast it is is not checked. */
class BenchNfs4jIT {

    @Test
    void nfs4jIsMeasuredOverBothTransports() throws IOException, InterruptedException {
        Tool.Result result = Tool.run("bench", "--nfs", "--nfs4j-jar", BasicPrograms.serverJar().toString(), "--operations", "read,write",
                "--sizes", "64k", "--depths", "2", "--seconds", "0.2", "--rounds", "1", "--no-system-calls");
        assertThat(result.status()).as(result.output()).isZero();
        assertThat(result.output()).containsPattern("read 64 KiB depth 2 +rdma").containsPattern("write 64 KiB depth 2 +rdma");
    }
}
