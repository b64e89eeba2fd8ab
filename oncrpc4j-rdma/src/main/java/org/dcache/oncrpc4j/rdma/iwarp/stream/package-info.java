// SPDX-License-Identifier: Apache-2.0
/**
 * A connection in full operation, an RDMAP Stream. Its face is {@link IwarpQueuePair}, made as an {@link Agreement} of the handshake says.
 * What it sends goes through {@code SendSide} (posted work, batches of FPDUs, gathering writes), what comes through {@code ReceiveSide}
 * (framing) and {@code InboundMessages} (placement). These know one another: a Read Request that comes in is answered by the send side, and
 * an exposure is revoked against both. Uses {@code iwarp.shared}, {@code iwarp.memory}, {@code iwarp.tx}, {@code iwarp.rx},
 * {@code iwarp.loop}, {@code iwarp.wire}, {@code verbs}.
 */
package org.dcache.oncrpc4j.rdma.iwarp.stream;
