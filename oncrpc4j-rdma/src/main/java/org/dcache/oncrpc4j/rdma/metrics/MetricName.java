// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

import java.util.Locale;

/** The name of a gauge or, as {@link CounterName}, of a counter. Only enums may implement it; their constants' comments say what it is. */
public interface MetricName {

    /** The enum constant's own name, for example {@code CRC_ERROR}. */
    String name();

    /** The package's prefix, for example {@code iwarp}. */
    String group();

    /** The name that people see: {@code iwarp.crc_error}. */
    default String label() {
        return group() + '.' + name().toLowerCase(Locale.ROOT);
    }
}
