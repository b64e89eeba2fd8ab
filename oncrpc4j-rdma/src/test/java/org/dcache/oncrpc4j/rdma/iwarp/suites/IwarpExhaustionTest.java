// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.suites;

import java.util.Map;
import org.dcache.oncrpc4j.rdma.verbs.ExhaustionSuite;

/** The provider suite over software iWARP, with two loops. */
class IwarpExhaustionTest extends ExhaustionSuite implements IwarpUnderTest {

    @Override
    protected Map<String, String> settings() {
        return Map.of("oncrpc.rdma.loops", "2");
    }
}
