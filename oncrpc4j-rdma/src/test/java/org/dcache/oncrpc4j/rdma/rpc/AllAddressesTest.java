// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import org.dcache.oncrpc4j.rdma.iwarp.IwarpProvider;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;

/** Over software iWARP, one socket of which serves both families. */
class AllAddressesTest extends AllAddressesSuite {

    @Override
    public VerbsProvider provider() {
        return new IwarpProvider();
    }
}
