// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code rpcrdma bench}, as a user runs it, over both transports. How fast it is is not looked at. */
@Timeout(180)
class BenchIT {

    @Test
    void nfsIsMeasuredOverTcpAndRdmaAndCopiesAreCounted() throws Exception {
        Tool.Result result = Tool.run("bench", "--nfs", "--operations", "read,write", "--sizes", "1m", "--depths", "4", "--seconds", "0.1",
                "--warm-up", "0.05", "--rounds", "1", "--no-system-calls");
        assertThat(result.status()).as(result.output()).isZero();
        // Point, then the costs of each transport: bytes allocated, copies, processor time, of client and server.
        String costs = result.output().substring(result.output().indexOf("per call"));
        assertThat(costs.lines().filter(line -> line.startsWith("read 1 MiB depth 4"))).hasSize(4)
                .anySatisfy(line -> assertThat(line).matches(".* tcp +\\S+ +- +.*"))
                .anySatisfy(line -> assertThat(line).matches(".* rdma +\\S+ +[0-9.]+ +\\S+ +\\S+ +[0-9.]+ +.*"));
        assertThat(costs.lines().filter(line -> line.startsWith("write 1 MiB depth 4"))).hasSize(4);
        assertThat(result.output()).as("ratio to TCP, shares of the limits")
                .containsPattern("read 1 MiB depth 4 .*[0-9]x .*[0-9]% .*[0-9]%");
    }

    @Test
    void manyConnectionsAreOpenedUsedAndClosedOverTcpAndRdma() throws Exception {
        Tool.Result result = Tool.run("bench", "--connections", "200", "--busy", "20", "--seconds", "0.3");
        assertThat(result.status()).as(result.output()).isZero();
        for (String transport : new String[] {"tcp", "rdma"}) {
            assertThat(result.output())
                    .containsPattern("(?m)^200 +" + transport + " +[0-9.,]+ +[-0-9,]+ +20 +[0-9.,]+ +[0-9.,]+ +[0-9.,]+$")
                    .containsPattern("(?m)^beside 128 READs +" + transport + " .* [0-9.,]+$")
                    .containsPattern("(?m)^200 +" + transport + " +[0-9.,]+$");
        }
    }
}
