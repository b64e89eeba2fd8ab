// SPDX-License-Identifier: Apache-2.0
/**
 * The two kinds of receive queue: a connection has its own ({@link OwnReceives}), or shares one with others ({@link SharedReceiveQueues},
 * which it joins with {@link SharedCredits}). How receives get to the device, and how many a shared queue is to hold, is known in here
 * only. Uses {@code rdmacore.loop}, {@code rdmacore.device}, {@code rdmacore.ffi}, {@code verbs}, {@code config}, {@code metrics}.
 */
package org.dcache.oncrpc4j.rdma.rdmacore.receive;
