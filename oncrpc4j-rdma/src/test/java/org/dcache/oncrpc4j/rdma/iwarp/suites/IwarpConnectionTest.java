// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.suites;

import org.dcache.oncrpc4j.rdma.iwarp.IwarpProvider;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionSuite;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;

/** The provider suite over software iWARP, with CRC and large FPDUs. */
class IwarpConnectionTest extends ConnectionSuite {

    @Override
    protected VerbsProvider provider() {
        return new IwarpProvider();
    }
}
