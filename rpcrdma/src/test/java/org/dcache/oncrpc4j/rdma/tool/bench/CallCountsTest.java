// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Operation;
import org.junit.jupiter.api.Test;

class CallCountsTest {

    private static final List<String> TABLE = """
            % time     seconds  usecs/call     calls    errors syscall
            ------ ----------- ----------- --------- --------- ----------------
             61.53    0.123456          12       400        11 futex
             20.01    0.040000          10       200           epoll_pwait
             10.00    0.020000          10       150           writev
              8.00    0.016000           8       250         3 read
              0.46    0.000900          90        10           mprotect
            ------ ----------- ----------- --------- --------- ----------------
            100.00    0.200356          19      1010        14 total
            """.lines().toList();

    @Test
    void kindsOfCallsAreToldApart() {
        CallCounts counts = CallCounts.parse(TABLE, 100);
        assertThat(counts.dataPerCall()).isEqualTo(4.0);
        assertThat(counts.waitPerCall()).isEqualTo(2.0);
        assertThat(counts.futexPerCall()).isEqualTo(4.0);
        assertThat(counts.inputOutputPerCall()).isEqualTo(6.0);
        assertThat(counts.otherPerCall()).isCloseTo(0.1, within(1e-9));
    }

    @Test
    void aProcessThatMadeNoCallsHasNone() {
        assertThat(CallCounts.parse(List.of(), 5).inputOutputPerCall()).isZero();
    }

    @Test
    void theSenderOfReadDataIsTheServerAndOfWriteDataTheClient() {
        CallCounts client = CallCounts.parse(List.of(), 1);
        CallCounts server = CallCounts.parse(TABLE, 1);
        SystemCalls calls = new SystemCalls(client, server);
        assertThat(calls.sender(Operation.READ)).isSameAs(server);
        assertThat(calls.receiver(Operation.READ)).isSameAs(client);
        assertThat(calls.sender(Operation.WRITE)).isSameAs(client);
        assertThat(calls.receiver(Operation.WRITE)).isSameAs(server);
    }
}
