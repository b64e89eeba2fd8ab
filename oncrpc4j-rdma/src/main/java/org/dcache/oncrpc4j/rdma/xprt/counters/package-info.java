// SPDX-License-Identifier: Apache-2.0
/**
 * What the connection engine counts ({@link XprtCounter}) and measures ({@link XprtGauge}). What each means for an admin is in
 * docs/operations.md. Uses {@code metrics}.
 */
package org.dcache.oncrpc4j.rdma.xprt.counters;
