// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.suites;

import org.dcache.oncrpc4j.rdma.iwarp.IwarpProvider;
import org.dcache.oncrpc4j.rdma.verbs.ProviderUnderTest;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;

/** Software iWARP, on loopback. */
interface IwarpUnderTest extends ProviderUnderTest {

    @Override
    default VerbsProvider provider() {
        return new IwarpProvider();
    }
}
