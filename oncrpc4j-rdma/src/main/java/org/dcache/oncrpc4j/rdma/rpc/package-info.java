// SPDX-License-Identifier: Apache-2.0
/**
 * The oncrpc4j side: endpoints of services, transports of connections, dispatch of calls and delivery of replies. Its face is
 * {@link RdmaTransportProvider}, found by ServiceLoader. It stands on {@code rpc.message} (an RPC message from the inside), {@code rpc.xdr}
 * (the Xdr on registered memory), {@code rpc.executor} (threads and order) and {@code rpc.ports}. Uses oncrpc4j, {@code spi}, {@code xprt},
 * and of {@code proto} the places of an RPC message's words.
 */
package org.dcache.oncrpc4j.rdma.rpc;
