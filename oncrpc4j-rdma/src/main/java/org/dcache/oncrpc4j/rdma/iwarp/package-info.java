// SPDX-License-Identifier: Apache-2.0
/**
 * Software iWARP in pure Java: MPA (RFC 5044, RFC 6581), DDP (RFC 5041) and RDMAP (RFC 5040) over TCP sockets. Its face is
 * {@link IwarpProvider}, found by ServiceLoader; nothing else in it is used from outside.
 *
 * <p>An {@code IwarpQueuePair} owns a socket on an event loop. What it sends goes through {@code SendSide} (posted work, batches of FPDUs,
 * gathering writes), what comes through {@code ReceiveSide} (framing) and {@code InboundMessages} (placement). {@code InboundHandshake} and
 * {@code OutboundHandshake} come before it. These know one another: a Read Request that comes in is answered by the send side, and an
 * exposure is revoked against both. They stand on {@code iwarp.wire}, {@code iwarp.loop}, {@code iwarp.tx} and {@code iwarp.rx}. Uses
 * {@code verbs}, {@code config}, {@code metrics}.
 */
package org.dcache.oncrpc4j.rdma.iwarp;
