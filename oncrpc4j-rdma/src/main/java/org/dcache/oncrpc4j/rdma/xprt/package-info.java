// SPDX-License-Identifier: Apache-2.0
/**
 * The connection engine: the duties of the kernel's {@code net/sunrpc/xprtrdma/verbs.c} and {@code svcrdma}, under their names. Credits, receive posting,
 * send contexts, regbufs, exposures and their fences, chunk moves. It knows RPC-over-RDMA headers and verbs; what an RPC is, it is told.
 */
package org.dcache.oncrpc4j.rdma.xprt;
