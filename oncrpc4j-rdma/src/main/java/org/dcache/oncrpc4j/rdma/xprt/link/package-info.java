// SPDX-License-Identifier: Apache-2.0
/**
 * What connections of a device share, and what the two directions of a connection share. {@link DevicePool} lends an {@link RdmaDevice}: an
 * open adapter with its memory, its {@link Limits} and the periodic look at its connections, each of which is a {@link Link}. Timer and
 * workers of the process are {@link SharedThreads}. Uses {@code xprt.memory}, {@code xprt.send}, {@code xprt.error}, {@code xprt.counters},
 * {@code proto}, {@code verbs}, {@code config}, {@code metrics}.
 */
package org.dcache.oncrpc4j.rdma.xprt.link;
