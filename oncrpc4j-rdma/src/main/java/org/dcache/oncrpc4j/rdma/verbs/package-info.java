// SPDX-License-Identifier: Apache-2.0
/**
 * What the transport asks of an RDMA provider: adapters, listeners, queue pairs, work requests, exposures.
 *
 * <p>Three very different providers stand behind it (software iWARP on TCP sockets, libibverbs, DiSNI), so
 * {@linkplain org.dcache.oncrpc4j.rdma.verbs.Capabilities abilities are asked, never assumed}, and nothing
 * here knows of sockets, file descriptors or NIO channels. Every provider passes the same provider suite.
 */
package org.dcache.oncrpc4j.rdma.verbs;
