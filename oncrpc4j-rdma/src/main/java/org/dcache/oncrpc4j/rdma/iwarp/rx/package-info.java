// SPDX-License-Identifier: Apache-2.0
/**
 * What is received into: buffers for Sends ({@link ReceivePool}), the sinks of our RDMA Reads ({@link ReadSinks}), and how much of an
 * exposure a peer has written ({@link WrittenPieces}). Framing and placement are in {@code iwarp}. Uses {@code iwarp.loop}, {@code verbs},
 * {@code verbs.parts}.
 */
package org.dcache.oncrpc4j.rdma.iwarp.rx;
