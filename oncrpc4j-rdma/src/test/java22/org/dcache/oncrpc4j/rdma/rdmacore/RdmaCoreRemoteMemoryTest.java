// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.io.IOException;
import java.net.InetAddress;
import org.dcache.oncrpc4j.rdma.verbs.RemoteMemorySuite;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;

/**
 * The provider suite over libibverbs, on whatever device this machine has; without one its tests are skipped with the provider's reason.
 */
class RdmaCoreRemoteMemoryTest extends RemoteMemorySuite {

    @Override
    protected VerbsProvider provider() {
        return new RdmaCoreProvider();
    }

    @Override
    protected InetAddress address() throws IOException {
        return DeviceAddress.get();
    }
}
