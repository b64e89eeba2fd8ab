// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics.latency;

import java.util.Map;

/** What a JMX client sees of the answered calls of one side, kind and operation, since the start. */
public interface LatencyMXData {

    /** "called" or "served": {@link Side}. */
    String getSide();

    /** "inline", "chunk" or "long": {@link CallKind}. */
    String getKind();

    /** For example "read": {@link Operation}. */
    String getOperation();

    long getCalls();

    /** Of calls and replies. */
    long getBytes();

    /** How long all of them took, nanoseconds. */
    long getNanos();

    double getAverageMicros();

    /** Half of them took less, microseconds. */
    double getP50Micros();

    /** 99 of 100 took less, microseconds. */
    double getP99Micros();

    /** How many took less than this many nanoseconds and no less than the key before. */
    Map<Long, Long> getBuckets();
}
