// SPDX-License-Identifier: Apache-2.0
/**
 * Memory that a peer can reach: an {@link IwarpExposure} under an STag in the {@link StagTable} of its connection, what the peer has
 * written of it ({@link WrittenPieces}), and the {@link ReadRequests} that ask for it. Placing and sending are in {@code iwarp.stream}.
 * Uses {@code iwarp.loop}, {@code verbs}.
 */
package org.dcache.oncrpc4j.rdma.iwarp.memory;
