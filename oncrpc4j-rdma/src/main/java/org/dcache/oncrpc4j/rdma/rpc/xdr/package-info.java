// SPDX-License-Identifier: Apache-2.0
/**
 * The Xdr of this transport: encodes into registered memory, references what cannot change, and decodes where a message was received.
 * {@link RdmaXdr} is the face, {@link RegbufMemoryManager} lends it the memory. Uses oncrpc4j and Grizzly, {@code xprt}, and {@code
 * rpc.message}; nothing else of {@code rpc}.
 */
package org.dcache.oncrpc4j.rdma.rpc.xdr;
