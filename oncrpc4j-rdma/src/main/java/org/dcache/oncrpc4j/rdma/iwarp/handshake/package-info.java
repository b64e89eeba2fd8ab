// SPDX-License-Identifier: Apache-2.0
/**
 * A socket until it is a connection: the MPA handshake (RFC 5044 section 7.1, RFC 6581). An {@link OutboundHandshake} dials; an
 * {@link IwarpListener} accepts, and an {@link IwarpSharedPort} takes what others have accepted. Each socket that comes in is bounded in
 * number and time before anything is made for it. Uses {@code iwarp.stream}, {@code iwarp.shared}, {@code iwarp.loop}, {@code iwarp.wire},
 * {@code verbs}.
 */
package org.dcache.oncrpc4j.rdma.iwarp.handshake;
