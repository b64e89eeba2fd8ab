// SPDX-License-Identifier: Apache-2.0
/**
 * Which thread runs user code, and in which order: {@link Executors} gives programs to the service's own executor and handlers to the
 * shared workers, connections take turns in a {@link FairQueue}, and what must keep its order goes by a {@link CallbackQueue}. Knows no
 * message and no connection. Uses {@code xprt}'s shared threads and counters; nothing of {@code rpc}.
 */
package org.dcache.oncrpc4j.rdma.rpc.executor;
