// SPDX-License-Identifier: Apache-2.0
/**
 * Plain loops over inputs that are made of good ones: {@link Fuzzer} runs them, {@link Corpus} reads what is checked in. See
 * docs/testing.md.
 */
package org.dcache.oncrpc4j.rdma.fuzz;
