// SPDX-License-Identifier: Apache-2.0
/**
 * What the JVM flag {@code -javaagent:oncrpc4j-rdma-agent.jar} starts.
 *
 * <p>Four parts live in four class loaders, so that no version of anything on an application's class path meets one of ours by accident:
 *
 * <pre>
 *   part            in the jar   class loader                                   sees
 *   agent           top level    the system class loader                        JDK
 *   agent.hook      top level    bootstrap (the jar is appended to it)          JDK
 *   agent.weave     inst/        one isolated loader, parent: platform          JDK, hook, config, ByteBuddy
 *   agent.bridge    inst/        one per loader of OncRpcSvc, its child         hook, config, spi, oncrpc4j, the transport
 * </pre>
 *
 * The hook speaks JDK types only. It is what the woven bytecode of {@code OncRpcSvc} and {@code RpcCall} calls, whatever loader they are
 * in.
 */
package org.dcache.oncrpc4j.rdma.agent;
