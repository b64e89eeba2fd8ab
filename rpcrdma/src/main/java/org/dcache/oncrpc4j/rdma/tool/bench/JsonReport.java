// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * Results for other programs: an array of flat objects, one per run, transport and point; null where something could not be counted. The
 * limits of {@link Report} are listed as transports. Stateless.
 */
final class JsonReport {

    private JsonReport() {}

    /** @param runs the results of each run by its number */
    static String of(SortedMap<Integer, List<Result>> runs) {
        return runs.entrySet().stream().flatMap(run -> run.getValue().stream().map(result -> object(run.getKey(), result)))
                .collect(Collectors.joining(",\n  ", "[\n  ", "\n]\n"));
    }

    private static String object(int run, Result r) {
        return String.format(Locale.ROOT, "{\"run\": %d, \"transport\": \"%s\", \"operation\": \"%s\", \"size\": %d, \"depth\": %d, "
                        + "\"ops_per_s\": %s, \"mb_per_s\": %s, \"p50_us\": %s, \"p99_us\": %s, "
                        + "\"syscalls_per_op\": %s, \"alloc_bytes_per_op\": %s}",
                run, r.transport(), r.point().operation().label(), r.point().size(), r.point().depth(),
                number(r.opsPerSecond()), number(r.megabytesPerSecond()),
                number(r.latencyMicros(50)), number(r.latencyMicros(99)),
                number(r.systemCallsPerCall()), number(r.allocatedPerCall()));
    }

    private static String number(OptionalDouble value) {
        return value.isPresent() ? number(value.getAsDouble()) : "null";
    }

    private static String number(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.3f", value) : "null";
    }
}
