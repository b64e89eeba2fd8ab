// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics.latency;

/** Whose call it is. */
public enum Side {
    /** Ours: from its handing over to the transport to its reply, whole. */
    CALLED,
    /** A peer's: from the moment when it lies whole in our memory to the posting of its reply. */
    SERVED
}
