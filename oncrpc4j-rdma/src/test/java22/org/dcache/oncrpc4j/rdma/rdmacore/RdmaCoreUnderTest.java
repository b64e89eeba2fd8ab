// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.io.IOException;
import java.net.InetAddress;
import org.dcache.oncrpc4j.rdma.verbs.ProviderUnderTest;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;

/** The provider over libibverbs, on whatever device this machine has; without one tests are skipped with the provider's reason. */
interface RdmaCoreUnderTest extends ProviderUnderTest {

    @Override
    default VerbsProvider provider() {
        return new RdmaCoreProvider();
    }

    @Override
    default InetAddress address() throws IOException {
        return DeviceAddress.get();
    }
}
