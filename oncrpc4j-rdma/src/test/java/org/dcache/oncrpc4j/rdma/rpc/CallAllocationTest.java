// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a small synchronous call allocates in all threads of both ends, what oncrpc4j does for it included. */
@Timeout(120)
class CallAllocationTest {

    private static final int CALLS = 5_000;

    /** Enough rounds for the compilers to have done their part; the best one counts. */
    private static final int ROUNDS = 8;

    /** Seen: 2,700. Most of it is oncrpc4j's. */
    private static final long LIMIT = 3_400;

    private static long allocated() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds())).filter(bytes -> bytes > 0).sum();
    }

    @Test
    void aCallAllocatesFewBytes() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(1);
        try (LocalEndpoints ends = new LocalEndpoints(Map.of(), LocalEndpoints.echo(), executor)) {
            RpcCall call = LocalEndpoints.call(ends.connect(), EchoProgram.PROGRAM);
            long least = Long.MAX_VALUE;
            for (int round = 0; round < ROUNDS; round++) {
                long before = allocated();
                for (int i = 0; i < CALLS; i++) {
                    call.call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
                }
                least = Math.min(least, (allocated() - before) / CALLS);
            }
            assertThat(least).as("bytes that a call allocates").isLessThan(LIMIT);
        } finally {
            executor.shutdownNow();
        }
    }
}
