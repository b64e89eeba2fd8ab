// SPDX-License-Identifier: Apache-2.0
/**
 * What the programs in JVMs of their own share: {@link Console}, their side of a {@code ChildJvm}. It is packed with each of
 * them, so it knows the JDK alone.
 */
package org.dcache.oncrpc4j.rdma.tool.app;
