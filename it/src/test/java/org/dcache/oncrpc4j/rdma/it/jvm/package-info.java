// SPDX-License-Identifier: Apache-2.0
/**
 * For tests that start JVMs: {@link JvmProcess} runs one and reads its output, {@link AgentJar} is the jar under test, {@link ClassPaths}
 * has the class paths of applications.
 */
package org.dcache.oncrpc4j.rdma.it.jvm;
