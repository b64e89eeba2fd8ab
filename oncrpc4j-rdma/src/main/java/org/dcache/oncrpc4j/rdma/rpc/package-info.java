// SPDX-License-Identifier: Apache-2.0
/**
 * The oncrpc4j side: endpoints of services, transports of connections, the Xdr that encodes into registered memory, dispatch of calls and
 * delivery of replies. Its face is {@link RdmaTransportProvider}, found by ServiceLoader. Everything that knows an RPC message from the
 * inside is here. Uses oncrpc4j, {@code spi}, {@code xprt}, and of {@code proto} the places of an RPC message's words.
 */
package org.dcache.oncrpc4j.rdma.rpc;
