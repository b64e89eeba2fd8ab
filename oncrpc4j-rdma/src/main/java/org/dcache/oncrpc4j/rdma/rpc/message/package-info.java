// SPDX-License-Identifier: Apache-2.0
/**
 * RPC messages from the inside: where their words are, what the upper-layer binding of a program says of a call, and whether the
 * chunks of a peer move only what may be moved. The faces are {@link CallReading} for messages of ours and {@link Eligibility} for
 * those of peers; {@link RpcOffsets} and {@link Views} read words, {@link Bindings} finds the binding. Stateless but for the list of
 * bindings. Uses {@code spi}, {@code proto}, and of {@code xprt} the messages; nothing of {@code rpc}.
 */
package org.dcache.oncrpc4j.rdma.rpc.message;
