// SPDX-License-Identifier: Apache-2.0
/**
 * What the transport asks of an RDMA provider. {@link VerbsProvider} opens an {@link Adapter}; that makes listeners and connections, each a
 * {@link QueuePair} with its {@link QueuePairHandler}, for which {@link WorkRequest}s are posted and memory is exposed ({@link Exposure}).
 *
 * <p>Three very different providers stand behind it (software iWARP on TCP sockets, libibverbs, DiSNI), so {@linkplain Capabilities
 * abilities are asked, never assumed}, and nothing here but {@link SharedPort} knows of sockets, file descriptors or NIO channels. Every
 * provider passes the same provider suite. Uses {@code verbs.error}, {@code config}, {@code metrics}.
 */
package org.dcache.oncrpc4j.rdma.verbs;
