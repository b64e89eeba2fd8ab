// SPDX-License-Identifier: Apache-2.0
/** The program that {@code rpcrdma serve} starts: an ordinary oncrpc4j application, with nothing of the transport on its class path. */
package org.dcache.oncrpc4j.rdma.tool.serve.app;
