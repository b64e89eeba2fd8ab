// SPDX-License-Identifier: Apache-2.0
/**
 * Where a service is reached: the rules that map TCP ports to RDMA ports ({@link ServicePorts}), what is published at rpcbind
 * ({@link Rpcbind}), and one port for TCP and RDMA together ({@link SharedTcpPort}). Uses oncrpc4j, {@code spi}, {@code xprt} and
 * {@code config}; nothing of {@code rpc}.
 */
package org.dcache.oncrpc4j.rdma.rpc.ports;
