// SPDX-License-Identifier: Apache-2.0
/**
 * The oncrpc4j side: endpoints of services, transports of connections, the Xdr that encodes into registered memory, dispatch of calls and delivery of
 * replies. Everything that knows an RPC message from the inside is here.
 */
package org.dcache.oncrpc4j.rdma.rpc;
