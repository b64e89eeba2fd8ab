// SPDX-License-Identifier: Apache-2.0
/**
 * An ordinary oncrpc4j service and its client: what the demo runs, once over TCP and once over RDMA. They know oncrpc4j and the JDK,
 * and nothing of this project; they lie in a jar of their own, and the class path of their JVMs has nothing else of ours.
 */
package org.dcache.oncrpc4j.rdma.tool.demo.app;
