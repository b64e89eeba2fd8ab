// SPDX-License-Identifier: Apache-2.0
/**
 * An ordinary oncrpc4j service and its client: what the demo runs, once over TCP and once over RDMA. They know oncrpc4j, the JDK and, to be
 * driven and looked at, {@code tool.app.Console} and {@code tool.counters.JmxCounters}. These lie in a jar of their own, and the class path
 * of their JVMs has nothing else of ours.
 */
package org.dcache.oncrpc4j.rdma.tool.demo.app;
