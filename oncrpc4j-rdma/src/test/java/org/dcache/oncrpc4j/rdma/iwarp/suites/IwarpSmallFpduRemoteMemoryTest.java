// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.suites;

import java.util.Map;
import org.dcache.oncrpc4j.rdma.verbs.RemoteMemorySuite;

/** The provider suite over software iWARP, without CRC and with FPDUs so small that nearly every message has many segments. */
class IwarpSmallFpduRemoteMemoryTest extends RemoteMemorySuite implements IwarpUnderTest {

    @Override
    protected Map<String, String> settings() {
        return Map.of("oncrpc.rdma.iwarp.mulpdu", "130", "oncrpc.rdma.iwarp.crc", "off", "oncrpc.rdma.loops", "2");
    }
}
