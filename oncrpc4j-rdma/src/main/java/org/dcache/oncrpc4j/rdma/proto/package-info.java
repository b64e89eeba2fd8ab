// SPDX-License-Identifier: Apache-2.0
/**
 * The pure codec of RPC-over-RDMA version 1 (RFC 8166) and of its connection private data (RFC 8797): no I/O, no state. {@link RdmaHeader}
 * is decoded and encoded in place, {@link RpcWords} are the few words of an RPC message that the transport reads, {@link PrivateData} is
 * what both ends tell each other at connecting. Decoding takes what any peer may send; it allocates nothing in steady state and is bounded.
 * Uses the JDK only.
 */
package org.dcache.oncrpc4j.rdma.proto;
