// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.util.Locale;

/** What a call does. The order is that of the tables. */
public enum Operation {
    NULL, READ, WRITE;

    /** As options and results spell it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    public boolean hasData() {
        return this != NULL;
    }
}
