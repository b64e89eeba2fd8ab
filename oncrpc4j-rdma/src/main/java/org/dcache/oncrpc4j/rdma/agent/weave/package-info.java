// SPDX-License-Identifier: Apache-2.0
/**
 * The weave: changes the bytecode of {@code OncRpcSvc} and {@code RpcCall}, and of nfs4j where settings say so, while they are loaded. The only package
 * that knows ByteBuddy.
 */
package org.dcache.oncrpc4j.rdma.agent.weave;
