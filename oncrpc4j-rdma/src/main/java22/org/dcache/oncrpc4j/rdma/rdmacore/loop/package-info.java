// SPDX-License-Identifier: Apache-2.0
/**
 * The threads that take completions: a {@link Loop} polls the {@link CompletionQueue}s of its connections and makes their callbacks. What a
 * connection receives into is its {@link ReceiveQueue}, with buffers of a {@link ReceivePool}. Uses {@code rdmacore.device},
 * {@code rdmacore.ffi}, {@code verbs}, {@code metrics}.
 */
package org.dcache.oncrpc4j.rdma.rdmacore.loop;
