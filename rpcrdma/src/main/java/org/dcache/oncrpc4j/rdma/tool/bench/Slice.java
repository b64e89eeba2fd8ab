// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import org.HdrHistogram.Histogram;

/**
 * One uninterrupted run of one load. Immutable.
 *
 * @param nanos from the start of the first call to the last reply
 * @param latencies nanoseconds
 * @param clientAlloc bytes allocated in the client JVM, -1 when not counted; server likewise
 * @param clientCopied bytes that the RDMA transport copied in the client JVM, -1 when there is no RDMA; server likewise
 * @param compiledMillis time of the compiler threads of both JVMs for what they finished meanwhile
 * @param clientCpu processor nanoseconds of the client JVM; server likewise
 */
record Slice(long calls, long nanos, Histogram latencies, long clientAlloc, long serverAlloc, long clientCpu, long serverCpu,
        long clientCopied,
        long serverCopied, long compiledMillis) {

    /** Whether the compilers took more than a tenth of one processor's time, so that the rate may still rise. */
    boolean wasCompiling() {
        return compiledMillis * 10_000_000L > nanos;
    }

    double callsPerSecond() {
        return calls * 1e9 / nanos;
    }
}
