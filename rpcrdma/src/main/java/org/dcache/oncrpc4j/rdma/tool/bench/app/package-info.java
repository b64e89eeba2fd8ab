// SPDX-License-Identifier: Apache-2.0
/**
 * The programs that are measured: {@link ServerMain} and {@link ClientMain}, servers of NFS, and {@link LimitServerMain} and {@link
 * LimitClientMain} for the limit. They are packed into a jar of their own, so that the class path of the measured JVMs has oncrpc4j, these
 * classes and the measuring program's binding, but of the transport only the agent. Uses {@code bench}, {@code export}, {@code nfs3},
 * {@code nfsclient}, {@code tool.app} and {@code tool.counters.JmxCounters}.
 */
package org.dcache.oncrpc4j.rdma.tool.bench.app;
