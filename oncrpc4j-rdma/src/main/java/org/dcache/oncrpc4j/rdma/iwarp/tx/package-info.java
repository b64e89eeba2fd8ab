// SPDX-License-Identifier: Apache-2.0
/**
 * What a send side is made of: work requests that were posted ({@link PostedQueue}, {@link RequestFifo}), FPDUs on their way to the socket
 * ({@link TxBatch}) in memory lent by a {@link StagingPool}, and what waits until the socket has taken them ({@link CompletionRing}). Which
 * message goes when is decided by {@code SendSide} in {@code iwarp.stream}. Uses {@code iwarp.wire}, {@code verbs}.
 */
package org.dcache.oncrpc4j.rdma.iwarp.tx;
