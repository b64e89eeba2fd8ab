// SPDX-License-Identifier: Apache-2.0
/**
 * The C side of rdma-core: functions of libibverbs, librdmacm and libc ({@link Verbs}, {@link ConnectionManager}, {@link Libc}, and {@link
 * FastCalls}, which a device has in its context), and where the fields of their structures lie ({@link VerbsLayout}, {@link CmLayout}).
 * {@link Libraries} finds them or says what is missing. No state of ours and no policy: what is called when, and who frees it, is decided
 * by the users in {@code rdmacore}. Uses the JDK, and an exception of {@code verbs.error}.
 */
package org.dcache.oncrpc4j.rdma.rdmacore.ffi;
