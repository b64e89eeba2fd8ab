// SPDX-License-Identifier: Apache-2.0
/**
 * The programs that are measured: {@link ServerMain} and {@link ClientMain}. They are packed into a jar of their own, so that the measured
 * JVMs have oncrpc4j and these classes on their class path, the measuring program's binding, and nothing else of the transport but the
 * agent. Uses {@code bench}, {@code export}, {@code nfs3}, {@code nfsclient}, {@code tool.app} and
 * {@code tool.counters.JmxCounters}.
 */
package org.dcache.oncrpc4j.rdma.tool.bench.app;
