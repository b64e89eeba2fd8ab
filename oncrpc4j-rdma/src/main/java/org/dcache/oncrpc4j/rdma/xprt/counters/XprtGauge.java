// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.counters;

import org.dcache.oncrpc4j.rdma.metrics.MetricName;

/** What the connection engine holds at this moment, over all devices. */
public enum XprtGauge implements MetricName {
    /** Connections that are up. */
    CONNECTIONS,
    /** Bytes of regbufs that somebody owns; idle connections own none. */
    REGBUF_BYTES_IN_USE,
    /** Bytes of all slabs; they are kept, within the budget, until the device closes. */
    REGBUF_BYTES,
    /** Calls of ours that have no answer yet, given up ones included. */
    CALLS_PENDING,
    /** Calls of peers that we have not answered yet. */
    CALLS_SERVED,
    /** Messages under way: being built, on their way out, or calls whose answer has not come. */
    SEND_CONTEXTS,
    /** Pieces of our memory that a peer may reach for a call of ours, or whose fence is not done. */
    EXPOSURES;

    @Override
    public String group() {
        return "xprt";
    }
}
