// SPDX-License-Identifier: Apache-2.0
/**
 * The pure codec of RPC-over-RDMA version 1 (RFC 8166) and of its connection private data (RFC 8797): no I/O, no state, nothing of the
 * other packages. Decoding takes what any peer may send; it allocates nothing in steady state and is bounded.
 */
package org.dcache.oncrpc4j.rdma.proto;
