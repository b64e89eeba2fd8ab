// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.suites;

import org.dcache.oncrpc4j.rdma.verbs.ConnectionSuite;

/** The provider suite over software iWARP, with CRC and large FPDUs. */
class IwarpConnectionTest extends ConnectionSuite implements IwarpUnderTest {}
