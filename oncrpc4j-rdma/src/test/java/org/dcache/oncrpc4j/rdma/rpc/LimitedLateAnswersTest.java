// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import org.dcache.oncrpc4j.rdma.iwarp.IwarpProvider;
import org.dcache.oncrpc4j.rdma.verbs.LimitedProvider;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;

/** Late answers on software iWARP that works with registered memory only, as a device does. */
class LimitedLateAnswersTest extends LateAnswersSuite {

    @Override
    public VerbsProvider provider() {
        return new LimitedProvider(new IwarpProvider());
    }
}
