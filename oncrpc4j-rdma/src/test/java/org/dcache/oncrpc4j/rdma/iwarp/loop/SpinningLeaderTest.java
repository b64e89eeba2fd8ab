// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.loop;

import java.util.concurrent.TimeUnit;

/** The same where whoever leads does not sleep. */
class SpinningLeaderTest extends LeaderTest {

    @Override
    long spinNanos() {
        return TimeUnit.HOURS.toNanos(1);
    }
}
