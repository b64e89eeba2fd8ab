// SPDX-License-Identifier: Apache-2.0
/** {@code rpcrdma ping}: connects to an RPC-over-RDMA server and makes NULL calls. */
package org.dcache.oncrpc4j.rdma.tool.ping;
