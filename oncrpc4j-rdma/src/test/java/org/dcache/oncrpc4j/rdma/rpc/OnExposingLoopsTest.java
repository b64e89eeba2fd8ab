// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import org.dcache.oncrpc4j.rdma.verbs.LimitedProvider;

/** Where registered memory is exposed without a call into the system: then a loop exposes what it finds ready. */
class OnExposingLoopsTest extends OnLimitedLoopsTest {

    @Override
    LimitedProvider limited() {
        return super.limited().exposesAtOnce();
    }
}
