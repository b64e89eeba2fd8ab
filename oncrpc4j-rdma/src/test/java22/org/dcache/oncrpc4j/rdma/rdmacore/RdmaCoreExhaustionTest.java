// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import org.dcache.oncrpc4j.rdma.verbs.ExhaustionSuite;

/**
 * The provider suite over libibverbs, on whatever device this machine has; without one its tests are skipped with the provider's reason.
 */
class RdmaCoreExhaustionTest extends ExhaustionSuite implements RdmaCoreUnderTest {}
