// SPDX-License-Identifier: Apache-2.0
/**
 * Registered memory of one adapter: a {@link RegbufPool} lends {@link Regbuf}s, which are pieces of slabs; calls that find none for the
 * data of their Read chunks wait in a {@link SinkQueue}. Uses {@code xprt.counters}, {@code verbs}, {@code metrics}.
 */
package org.dcache.oncrpc4j.rdma.xprt.memory;
