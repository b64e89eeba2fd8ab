// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import org.dcache.oncrpc4j.rdma.metrics.CounterName;

/** Where a service or client does without RDMA because the settings allow it. Each is worth a look. */
public enum RpcCounter implements CounterName {
    /** A service serves TCP alone: it could not serve RDMA, and oncrpc.rdma.required is off. */
    SERVED_TCP_ALONE,
    /** A client connected over TCP: its RDMA connection could not be made, and oncrpc.rdma.fallback is tcp. */
    FELL_BACK_TO_TCP;

    @Override
    public Severity severity() {
        return Severity.PROBLEM;
    }

    @Override
    public String group() {
        return "rpc";
    }
}
