// SPDX-License-Identifier: Apache-2.0
/**
 * {@code rpcrdma decode}: what a capture holds, as a list for people or as counts for programs. The work is done by the package {@code
 * capture} and the codecs of the transport; here it is counted and put into words. One thread.
 */
package org.dcache.oncrpc4j.rdma.tool.decode;
