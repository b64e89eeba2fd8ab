// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import org.dcache.oncrpc4j.rdma.verbs.ConnectionSuite;

/** The provider suite over DiSNI, where its library and an RDMA device are. */
class DisniConnectionTest extends ConnectionSuite implements DisniUnderTest {}
