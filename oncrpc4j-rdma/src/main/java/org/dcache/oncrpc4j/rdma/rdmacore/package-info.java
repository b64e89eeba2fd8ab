// SPDX-License-Identifier: Apache-2.0
/**
 * RDMA cards and Linux's soft devices by libibverbs and librdmacm of rdma-core, through the Foreign Function and Memory API.
 *
 * <p>That API needs Java 22. What uses it lies in {@code src/main/java22} and goes into the multi-release part of the jar; here lies what a
 * JVM below 22 sees in its place.
 */
package org.dcache.oncrpc4j.rdma.rdmacore;
