// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import org.dcache.oncrpc4j.rdma.verbs.RemoteMemorySuite;

/**
 * The provider suite over libibverbs, on whatever device this machine has; without one its tests are skipped with the provider's reason.
 */
class RdmaCoreRemoteMemoryTest extends RemoteMemorySuite implements RdmaCoreUnderTest {}
