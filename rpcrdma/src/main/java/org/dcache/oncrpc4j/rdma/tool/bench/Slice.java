// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import org.HdrHistogram.Histogram;

/**
 * One uninterrupted run of one load.
 *
 * @param nanos from the first call's begin to the last reply
 * @param latencies nanoseconds
 * @param clientAlloc bytes allocated in the client JVM, -1 when not counted; server likewise
 * @param clientCopied bytes that the RDMA transport copied in the client JVM, -1 when it is not there; server likewise
 * @param compiledMillis what the compilers of both JVMs finished meanwhile, milliseconds of their threads
 * @param clientCpu processor nanoseconds of the client JVM; server likewise
 */
record Slice(long calls, long nanos, Histogram latencies, long clientAlloc, long serverAlloc, long clientCpu, long serverCpu,
        long clientCopied,
        long serverCopied, long compiledMillis) {

    /** Whether the compilers took so much that the rate is not yet what it is going to be: a tenth of the time of one processor. */
    boolean wasCompiling() {
        return compiledMillis * 10_000_000L > nanos;
    }

    double callsPerSecond() {
        return calls * 1e9 / nanos;
    }
}
