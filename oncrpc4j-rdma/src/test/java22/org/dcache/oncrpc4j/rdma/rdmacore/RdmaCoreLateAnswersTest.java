// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import org.dcache.oncrpc4j.rdma.rpc.LateAnswersSuite;

/** Late answers over libibverbs, on whatever device this machine has; without one the tests are skipped with the provider's reason. */
class RdmaCoreLateAnswersTest extends LateAnswersSuite implements RdmaCoreUnderTest {}
