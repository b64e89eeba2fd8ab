// SPDX-License-Identifier: Apache-2.0
/**
 * The programs that are measured. They are packed into a jar of their own, so that the measured JVMs have oncrpc4j and these classes on their class path
 * and nothing of the transport but the agent.
 */
package org.dcache.oncrpc4j.rdma.tool.bench.app;
