// SPDX-License-Identifier: Apache-2.0
/**
 * The peer's calls on a connection, whoever dialled it (kernel: {@code svc_rdma_recvfrom.c}, {@code svc_rdma_rw.c},
 * {@code svc_rdma_sendto.c}): Read chunks pulled, replies with their RDMA Writes. Its face is {@link Responder}, and each
 * {@link InboundCall} that it hands over. Uses {@code xprt.link}, {@code xprt.memory}, {@code xprt.send}, {@code xprt.error},
 * {@code xprt.counters}, {@code proto}, {@code verbs}, {@code metrics}.
 */
package org.dcache.oncrpc4j.rdma.xprt.responder;
