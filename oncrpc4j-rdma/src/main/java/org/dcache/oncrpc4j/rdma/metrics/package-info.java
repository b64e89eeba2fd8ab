// SPDX-License-Identifier: Apache-2.0
/**
 * Counters named by what they count, one name per cause, and the beans that show them. A package declares its own {@link CounterName}s and
 * counts in {@link Counters}. Usable by every package but {@code proto}; uses the JDK and SLF4J only.
 */
package org.dcache.oncrpc4j.rdma.metrics;
