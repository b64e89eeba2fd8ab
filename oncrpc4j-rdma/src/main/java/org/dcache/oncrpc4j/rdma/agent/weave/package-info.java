// SPDX-License-Identifier: Apache-2.0
/**
 * The weave: changes the bytecode of {@code OncRpcSvc} and {@code RpcCall}, and of nfs4j where settings say so, while they are loaded. Its
 * face is {@link Installer} and {@link WantedSettings}, which the agent calls by name. The only package that uses ByteBuddy; beside it the
 * hook and {@code config}.
 */
package org.dcache.oncrpc4j.rdma.agent.weave;
