// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.shared;

import org.dcache.oncrpc4j.rdma.metrics.MetricName;

/** What the software iWARP provider holds at this moment, over all adapters. */
public enum IwarpGauge implements MetricName {
    /** Receive buffers with messages that nobody has released yet. */
    RECEIVES_LENT,
    /** Bytes of the areas that connections which are just sending have for headers and small payload. */
    STAGING_BYTES_LENT;

    @Override
    public String group() {
        return "iwarp";
    }
}
