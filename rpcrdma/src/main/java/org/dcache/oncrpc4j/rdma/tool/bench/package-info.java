// SPDX-License-Identifier: Apache-2.0
/**
 * {@code rpcrdma bench}: an ordinary oncrpc4j program, measured over TCP and over RDMA in one run.
 *
 * <p>The command's own JVM measures nothing. It starts a server and a client JVM for each transport ({@link
 * org.dcache.oncrpc4j.rdma.tool.bench.app.ServerMain}, {@link org.dcache.oncrpc4j.rdma.tool.bench.app.ClientMain}), exchanges lines with
 * them on their standard input and output, and lets only one pair work at a time.
 */
package org.dcache.oncrpc4j.rdma.tool.bench;
