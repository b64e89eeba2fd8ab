// SPDX-License-Identifier: Apache-2.0
/**
 * The map of packages, and pages of {@code docs} held against the code. What a new package or arrow needs is changed here, with its reason.
 */
package org.dcache.oncrpc4j.rdma.architecture;
