// SPDX-License-Identifier: Apache-2.0
/**
 * RDMA cards and Linux's soft devices by libibverbs and librdmacm of rdma-core, through the Foreign Function and Memory API. Its face is {@code RdmaCoreProvider}, found by
 * ServiceLoader; nothing else in it is used from outside.
 *
 * <p>That API needs Java 22. What uses it lies in {@code src/main/java22} and goes into the multi-release part of the jar, with the calls and layouts of the C libraries in
 * {@code rdmacore.ffi}; here lies what a JVM below 22 sees in its place. Uses {@code verbs}, {@code sysfs}, {@code config}, {@code metrics}.
 */
package org.dcache.oncrpc4j.rdma.rdmacore;
