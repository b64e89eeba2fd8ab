// SPDX-License-Identifier: Apache-2.0
/** {@code rpcrdma check}: does a door, a pool or any other server answer, over what; and is this machine fit to be one or to mount one. */
package org.dcache.oncrpc4j.rdma.tool.check;
