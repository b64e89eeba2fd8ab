// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

/** What a JMX client sees of a counter of problems: how often it counts, and the last time that it did. */
public interface ProblemMXData {

    /** Its label, for example {@code iwarp.handshake_bad_key}. */
    String getCounter();

    /** How often it counted in the last minute, or so: what is older fades away. */
    double getPerMinute();

    /** When it counted last, milliseconds since 1970. */
    long getLast();

    /** With whom, as far as that is known: an address, else empty. */
    String getPeer();

    /** What was said of it, as far as there is more to say than the counter's name; else empty. */
    String getCause();
}
