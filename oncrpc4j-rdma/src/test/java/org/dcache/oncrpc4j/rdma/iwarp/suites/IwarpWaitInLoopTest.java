// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.suites;

import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.metrics.CounterName;
import org.dcache.oncrpc4j.rdma.verbs.WaitInLoopSuite;

class IwarpWaitInLoopTest extends WaitInLoopSuite implements IwarpUnderTest {

    @Override
    protected CounterName counter() {
        return IwarpCounter.WAITS_IN_LOOP;
    }
}
