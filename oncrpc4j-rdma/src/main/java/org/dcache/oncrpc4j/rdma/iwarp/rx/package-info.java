// SPDX-License-Identifier: Apache-2.0
/**
 * What is received into: buffers for Sends ({@link ReceivePool}), and the sinks of our RDMA Reads ({@link ReadSinks}). Framing and
 * placement are in {@code iwarp.stream}. Uses {@code iwarp.loop}, {@code verbs}, {@code verbs.parts}.
 */
package org.dcache.oncrpc4j.rdma.iwarp.rx;
