// SPDX-License-Identifier: Apache-2.0
/** {@code rpcrdma serve}: starts a JVM with the agent that exports a directory, or a tree in memory, over NFSv3, or that runs nfs4j. */
package org.dcache.oncrpc4j.rdma.tool.serve;
