// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics.latency;

/** How a call and its reply went: the heavier way of the two. In the order of their weight. */
public enum CallKind {
    /** Both inline. */
    INLINE,
    /** Data of one of them by Read or Write chunk. */
    CHUNK,
    /** One of them whole by a Position-Zero Read chunk or the Reply chunk. */
    LONG;

    /** The heavier one. */
    public CallKind and(CallKind other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
