// SPDX-License-Identifier: Apache-2.0
/**
 * Software iWARP in pure Java: MPA (RFC 5044, RFC 6581), DDP (RFC 5041) and RDMAP (RFC 5040) over TCP sockets. Its face is {@link IwarpProvider}, found by ServiceLoader;
 * nothing else in it is used from outside.
 *
 * <p>An {@code IwarpQueuePair} owns a socket on an event loop. What it sends goes through {@code SendSide} (posted work, batches of FPDUs, gathering writes), what comes through
 * {@code ReceiveSide} (framing) and {@code InboundMessages} (placement). {@code InboundHandshake} and {@code OutboundHandshake} come before it. Uses {@code iwarp.wire}, {@code verbs},
 * {@code config}, {@code metrics}.
 */
package org.dcache.oncrpc4j.rdma.iwarp;
