// SPDX-License-Identifier: Apache-2.0
/** Counters named by what they count, one name per cause; usable by every package. */
package org.dcache.oncrpc4j.rdma.metrics;
