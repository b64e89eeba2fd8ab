// SPDX-License-Identifier: Apache-2.0
/**
 * The provider on DiSNI 2.1: libibverbs and librdmacm through JNI, for JVMs below 22. Its face is {@link DisniProvider}, found by
 * ServiceLoader. DiSNI is the user's to bring, its jar and its native library; without them this package says so and does nothing else.
 * What DiSNI does not have (private data but with a connect, IPv6, invalidation, more than four elements) the capabilities exclude; see
 * docs/providers.md. Uses DiSNI, {@code verbs}, {@code sysfs}, {@code config}, {@code metrics}.
 */
package org.dcache.oncrpc4j.rdma.disni;
