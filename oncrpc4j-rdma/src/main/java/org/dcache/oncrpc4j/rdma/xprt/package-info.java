// SPDX-License-Identifier: Apache-2.0
/**
 * The connection engine: the duties of the kernel's {@code net/sunrpc/xprtrdma/verbs.c} and {@code svcrdma}, under their names. Credits,
 * receive posting, exposures and their fences, chunk moves. {@link DevicePool} lends an {@link RdmaDevice}, by which a {@link Connector} or
 * an {@link Acceptor} makes {@link RdmaConnection}s; each has a {@link Requester} for its calls and tells its {@link ConnectionOwner} of
 * {@link InboundCall}s. It knows RPC-over-RDMA headers ({@code proto}) and {@code verbs}; what an RPC is, it is told.
 *
 * <p>It stands on {@code xprt.memory} (regbufs), {@code xprt.send} (send contexts), {@code xprt.error} and {@code xprt.counters}. Requester
 * and responder are not packages of their own: calls go both ways on a connection, which has one send queue, one end and one
 * patrol for both, so that all these classes know one another.
 */
package org.dcache.oncrpc4j.rdma.xprt;
