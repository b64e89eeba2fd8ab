// SPDX-License-Identifier: Apache-2.0
/**
 * The connection engine: the duties of the kernel's {@code net/sunrpc/xprtrdma/verbs.c} and {@code svcrdma}, under their names. A
 * {@link Connector} or an {@link Acceptor} makes {@link RdmaConnection}s on a device; each has a requester for its calls and tells its
 * {@link ConnectionOwner} of those of the peer. It knows RPC-over-RDMA headers ({@code proto}) and {@code verbs}; what an RPC is, it is
 * told.
 *
 * <p>A connection ties the two directions together, {@code xprt.requester} and {@code xprt.responder}; these do not know one another. Both
 * stand on {@code xprt.link}, what directions share of a connection, and connections of a device. Below are {@code xprt.memory} (regbufs),
 * {@code xprt.send} (send contexts), {@code xprt.error} and {@code xprt.counters}.
 */
package org.dcache.oncrpc4j.rdma.xprt;
