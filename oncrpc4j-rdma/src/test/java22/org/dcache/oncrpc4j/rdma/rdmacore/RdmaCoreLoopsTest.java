// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayDeque;
import java.util.List;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.rpc.OnDeviceLoopsSuite;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Programs and handlers in loops over libibverbs, on whatever device this machine has; without one skipped with the provider's reason. */
class RdmaCoreLoopsTest extends OnDeviceLoopsSuite implements RdmaCoreUnderTest {

    private final long before = Counters.process().get(RdmaCoreCounter.REGISTERED_ON_LOOP);

    @AfterEach
    void noLoopRegisteredMemory() {
        assertThat(Counters.process().get(RdmaCoreCounter.REGISTERED_ON_LOOP)).isEqualTo(before);
    }

    private static List<Step> small() {
        return List.of(
                step(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.READ, 20_001),
                step(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.READ, 20_001),
                step(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.READ, 5_000),
                step(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.WRITE, 100));
    }

    /** Results that are not large, where memory and windows lie ready from the calls before. */
    @Test
    void aLoopExposesWhatLiesReadyWithoutAnotherThread() throws Exception {
        assumeTrue(connection().queuePair().exposesAtOnce(0), "the device has no memory windows: exposing waits for a registration");
        for (int turn = 0; turn < 3; turn++) {
            run(new ArrayDeque<>(small()));
        }
        runWithoutHelp(small());
    }
}
