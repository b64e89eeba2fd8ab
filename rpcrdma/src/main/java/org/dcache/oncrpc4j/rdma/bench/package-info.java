// SPDX-License-Identifier: Apache-2.0
/**
 * The measuring program's protocol ({@link BenchProtocol}) and its upper-layer binding ({@link BenchBinding}). On the class path of the
 * programs that {@code bench} starts, where the transport finds the binding as that of any program; never in the agent jar. Uses the five
 * types of {@code spi} that a binding is made of.
 */
package org.dcache.oncrpc4j.rdma.bench;
