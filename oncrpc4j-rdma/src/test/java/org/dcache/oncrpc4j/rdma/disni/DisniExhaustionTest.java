// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import java.io.IOException;
import java.net.InetAddress;
import org.dcache.oncrpc4j.rdma.verbs.ExhaustionSuite;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;

/** The provider suite over DiSNI, where its library and an RDMA device are. */
class DisniExhaustionTest extends ExhaustionSuite {

    @Override
    protected VerbsProvider provider() {
        return new DisniProvider();
    }

    @Override
    protected InetAddress address() throws IOException {
        return DeviceAddress.any();
    }
}
