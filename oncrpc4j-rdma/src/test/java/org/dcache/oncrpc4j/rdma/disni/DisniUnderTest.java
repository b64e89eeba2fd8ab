// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import java.io.IOException;
import java.net.InetAddress;
import org.dcache.oncrpc4j.rdma.verbs.ProviderUnderTest;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;

/** The provider over DiSNI, where its library and an RDMA device are. */
interface DisniUnderTest extends ProviderUnderTest {

    @Override
    default VerbsProvider provider() {
        return new DisniProvider();
    }

    @Override
    default InetAddress address() throws IOException {
        return DeviceAddress.any();
    }
}
