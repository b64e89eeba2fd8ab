// SPDX-License-Identifier: Apache-2.0
/**
 * How long calls take: {@link Latencies} takes each answered call, by side, kind and operation, and {@link Figures} is what there is to say
 * of them. Uses the JDK only.
 */
package org.dcache.oncrpc4j.rdma.metrics.latency;
