// SPDX-License-Identifier: Apache-2.0
/**
 * What woven bytecode calls. {@link OncRpcHook} and {@link Nfs4jHook} are its entry points; behind them stand a {@link LoaderHook} for each
 * loader of oncrpc4j and a {@link ServiceHook} for each service. Lives in the bootstrap loader, uses the JDK and nothing else.
 */
package org.dcache.oncrpc4j.rdma.agent.hook;
