// SPDX-License-Identifier: Apache-2.0
/**
 * RDMA cards and Linux's soft devices by libibverbs and librdmacm of rdma-core, through the Foreign Function and Memory API. Its face is
 * {@code RdmaCoreProvider}, found by ServiceLoader; nothing else in it is used from outside.
 *
 * <p>That API needs Java 22. What uses it lies in {@code src/main/java22} and goes into the multi-release part of the jar; here lies what a
 * JVM below 22 sees in its place. Adapter, listener, handshakes, queue pairs with their send queues, and exposures know one another and are
 * in this package. They stand on {@code rdmacore.ffi} (the C libraries), {@code rdmacore.device}, {@code rdmacore.loop},
 * {@code rdmacore.receive} and {@code rdmacore.cm}. Uses {@code verbs}, {@code sysfs}, {@code config}, {@code metrics}.
 */
package org.dcache.oncrpc4j.rdma.rdmacore;
