// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.io.IOException;
import java.net.InetAddress;

/** What a {@link ProviderSuite} runs on; each provider has an interface of its own that says it for all its suites. */
public interface ProviderUnderTest {

    VerbsProvider provider();

    /** An address that this provider can listen on; software has loopback. */
    default InetAddress address() throws IOException {
        return InetAddress.getLoopbackAddress();
    }
}
