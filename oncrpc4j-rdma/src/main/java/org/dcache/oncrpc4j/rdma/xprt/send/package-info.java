// SPDX-License-Identifier: Apache-2.0
/**
 * What an outgoing message needs: a {@link SendContextPool} lends {@link SendContext}s, each with an {@link OutMessage} (the RPC message),
 * what is {@link Expected} of a reply, and a {@link ChunkWriter}, which makes RDMA Writes of parts of the message. Uses
 * {@code xprt.memory}, {@code proto}, {@code verbs}.
 */
package org.dcache.oncrpc4j.rdma.xprt.send;
