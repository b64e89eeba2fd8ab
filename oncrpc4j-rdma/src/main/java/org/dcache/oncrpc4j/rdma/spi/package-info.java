// SPDX-License-Identifier: Apache-2.0
/**
 * What oncrpc4j lacks and the weave adds: a place for a transport ({@link RpcTransportProvider}, {@link RpcEndpoint}, {@link
 * ServiceContext}), and upper-layer bindings ({@link UpperLayerBinding}). The five types that a binding is made of (it, {@link CallHeader},
 * {@link CallPlan}, {@link ResultVisitor}, {@link XdrView}) refer to nothing else, so that a program can bring a binding. The rest uses
 * oncrpc4j and {@code config}.
 */
package org.dcache.oncrpc4j.rdma.spi;
