// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

/**
 * The name of a counter or gauge. Each package has an enum of its own that implements this, and only enums may; the constants' comments say
 * what they count.
 */
public interface CounterName {

    /** The enum constant's own name, for example {@code CRC_ERROR}. */
    String name();

    /** The package's prefix, for example {@code iwarp}. */
    String group();

    /** Whether it counts refusals, drops or errors, each of which is worth a look; a recording notes each of them. */
    default boolean problem() {
        return false;
    }

    /** The name that people see: {@code iwarp.crc_error}. */
    default String label() {
        return group() + '.' + name().toLowerCase(java.util.Locale.ROOT);
    }
}
