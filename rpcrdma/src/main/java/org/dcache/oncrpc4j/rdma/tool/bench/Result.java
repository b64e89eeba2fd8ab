// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToLongFunction;
import org.HdrHistogram.Histogram;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Point;

/**
 * What was measured of one transport at one point: all its slices, and the system calls of a separate run. Immutable.
 *
 * @param transport one of the names in {@link Report}
 * @param calls empty if they were not counted
 */
record Result(String transport, Point point, List<Slice> slices, Optional<SystemCalls> calls) {

    private static final double MEGA = 1e6;

    Result {
        slices = List.copyOf(slices);
    }

    /** Median over the slices. */
    double opsPerSecond() {
        return median(slices.stream().mapToDouble(Slice::callsPerSecond).toArray());
    }

    /** Millions of bytes of data per second, headers not counted. */
    double megabytesPerSecond() {
        return opsPerSecond() * point.size() / MEGA;
    }

    /** Over the calls of all slices. */
    double latencyMicros(double percentile) {
        Histogram all = new Histogram(slices.get(0).latencies());
        all.reset();
        slices.forEach(slice -> all.add(slice.latencies()));
        return all.getValueAtPercentile(percentile) / 1e3;
    }

    /** Client and server together. */
    OptionalDouble allocatedPerCall() {
        OptionalDouble client = clientAllocatedPerCall();
        OptionalDouble server = serverAllocatedPerCall();
        return client.isPresent() && server.isPresent()
                ? OptionalDouble.of(client.getAsDouble() + server.getAsDouble()) : OptionalDouble.empty();
    }

    OptionalDouble clientAllocatedPerCall() {
        return perCall(Slice::clientAlloc);
    }

    OptionalDouble serverAllocatedPerCall() {
        return perCall(Slice::serverAlloc);
    }

    /** How often the RDMA transport copied each byte of data in the client JVM; headers that were copied count too. */
    OptionalDouble clientCopies() {
        return copies(Slice::clientCopied);
    }

    OptionalDouble serverCopies() {
        return copies(Slice::serverCopied);
    }

    private OptionalDouble copies(ToLongFunction<Slice> amount) {
        OptionalDouble bytes = perCall(amount);
        return bytes.isPresent() && point.size() > 0 ? OptionalDouble.of(bytes.getAsDouble() / point.size()) : OptionalDouble.empty();
    }

    /** Processor time, microseconds. */
    double clientCpuPerCall() {
        return perCall(Slice::clientCpu).orElse(0) / 1e3;
    }

    double serverCpuPerCall() {
        return perCall(Slice::serverCpu).orElse(0) / 1e3;
    }

    /** Reading, writing and waiting for sockets, both sides. */
    OptionalDouble systemCallsPerCall() {
        return calls.map(c -> OptionalDouble.of(c.client().inputOutputPerCall() + c.server().inputOutputPerCall()))
                .orElse(OptionalDouble.empty());
    }

    private OptionalDouble perCall(ToLongFunction<Slice> amount) {
        if (slices.stream().anyMatch(slice -> amount.applyAsLong(slice) < 0)) {
            return OptionalDouble.empty();
        }
        long sum = slices.stream().mapToLong(amount).sum();
        long n = slices.stream().mapToLong(Slice::calls).sum();
        return OptionalDouble.of((double) sum / n);
    }

    /** @throws IllegalArgumentException when there are no values */
    static double median(double... values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("no values");
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
