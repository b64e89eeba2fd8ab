// SPDX-License-Identifier: Apache-2.0
/**
 * The command line tool {@code rpcrdma}: {@link RpcRdma} and what its commands, each in a package of its own, have in common. It sits on
 * top of everything; nothing depends on it.
 */
package org.dcache.oncrpc4j.rdma.tool;
