// SPDX-License-Identifier: Apache-2.0
/**
 * Our calls on a connection, whoever dialled it (kernel: {@code xprtrdma/rpc_rdma.c}): credits, chunks for arguments and results, fences,
 * replies put together. Its face is {@link Requester}, which tells a {@link ReplyListener}. Uses {@code xprt.link}, {@code xprt.memory},
 * {@code xprt.send}, {@code xprt.error}, {@code xprt.counters}, {@code proto}, {@code verbs}, {@code metrics}.
 */
package org.dcache.oncrpc4j.rdma.xprt.requester;
