// SPDX-License-Identifier: Apache-2.0
/**
 * {@code rpcrdma serve --nfs4j}: runs nfs4j's basic server, as it is, in a JVM of its own with the agent. Knows nfs4j by its command line only, so that
 * nothing of it is needed to build or to start this tool.
 */
package org.dcache.oncrpc4j.rdma.tool.nfs4j;
