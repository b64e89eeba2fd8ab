// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import org.dcache.oncrpc4j.rdma.verbs.LimitedProvider;

/** Where memory is registered for a connection when that first uses it: loops run no programs and no handlers then. */
class OnLateLoopsTest extends OnLimitedLoopsTest {

    @Override
    LimitedProvider limited() {
        return super.limited().registersLate();
    }

    @Override
    protected boolean inLoops() {
        return false;
    }
}
