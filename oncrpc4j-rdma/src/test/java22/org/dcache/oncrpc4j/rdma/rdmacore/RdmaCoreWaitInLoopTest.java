// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import org.dcache.oncrpc4j.rdma.metrics.CounterName;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.verbs.WaitInLoopSuite;

class RdmaCoreWaitInLoopTest extends WaitInLoopSuite implements RdmaCoreUnderTest {

    @Override
    protected CounterName counter() {
        return RdmaCoreCounter.WAITS_IN_LOOP;
    }
}
