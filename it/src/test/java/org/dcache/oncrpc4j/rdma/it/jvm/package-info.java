// SPDX-License-Identifier: Apache-2.0
/**
 * For tests that start JVMs: {@link JvmProcess} runs one and reads what it says, {@link AgentJar} is the jar under test, {@link ClassPaths}
 * what an application has.
 */
package org.dcache.oncrpc4j.rdma.it.jvm;
