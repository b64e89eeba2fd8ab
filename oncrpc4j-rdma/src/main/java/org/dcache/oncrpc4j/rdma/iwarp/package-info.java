// SPDX-License-Identifier: Apache-2.0
/**
 * Software iWARP in pure Java: MPA (RFC 5044, RFC 6581), DDP (RFC 5041) and RDMAP (RFC 5040) over TCP sockets. Its face is
 * {@link IwarpProvider}, found by ServiceLoader; nothing else in it is used from outside.
 *
 * <p>A socket begins in {@code iwarp.handshake} and goes on in {@code iwarp.stream}; both stand on {@code iwarp.shared}, what the
 * connections of an adapter share. Below are {@code iwarp.memory} (exposures), {@code iwarp.tx}, {@code iwarp.rx}, {@code iwarp.loop} and
 * {@code iwarp.wire}. Uses {@code verbs}, {@code config}, {@code metrics}.
 */
package org.dcache.oncrpc4j.rdma.iwarp;
