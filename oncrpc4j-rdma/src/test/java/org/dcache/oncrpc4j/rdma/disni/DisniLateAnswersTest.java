// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import org.dcache.oncrpc4j.rdma.rpc.LateAnswersSuite;

/** Late answers over DiSNI, where its library and an RDMA device are. */
class DisniLateAnswersTest extends LateAnswersSuite implements DisniUnderTest {}
