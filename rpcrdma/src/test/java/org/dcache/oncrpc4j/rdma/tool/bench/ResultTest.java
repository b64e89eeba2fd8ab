// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.HdrHistogram.Histogram;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Operation;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Point;
import org.junit.jupiter.api.Test;

class ResultTest {

    static Slice slice(long calls, long nanos, long latency, long clientAlloc, long serverAlloc) {
        Histogram histogram = new Histogram(60_000_000_000L, 3);
        histogram.recordValueWithCount(latency, calls);
        return new Slice(calls, nanos, histogram, clientAlloc, serverAlloc, calls * 1000, calls * 2000, -1, calls * 4096L, 0);
    }

    static Result result(String transport, Point point, Slice... slices) {
        return new Result(transport, point, List.of(slices), Optional.empty());
    }

    @Property
    void asManyValuesLieBelowTheMedianAsAbove(@ForAll @Size(min = 1, max = 20) List<@DoubleRange(min = -1e6, max = 1e6) Double> values) {
        double[] array = values.stream().mapToDouble(Double::doubleValue).toArray();
        double median = Result.median(array);
        long below = Arrays.stream(array).filter(v -> v < median).count();
        long above = Arrays.stream(array).filter(v -> v > median).count();
        assertThat(below).isLessThanOrEqualTo(array.length / 2);
        assertThat(above).isLessThanOrEqualTo(array.length / 2);
    }

    @Test
    void thereIsNoMedianOfNothing() {
        assertThatThrownBy(Result::median).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void oneDisturbedSliceDoesNotMoveTheRate() {
        Result result = result("tcp", new Point(Operation.READ, 1000, 8), slice(1000, 1_000_000_000L, 50_000, 0, 0),
                slice(10, 1_000_000_000L, 50_000, 0, 0), slice(1100, 1_000_000_000L, 50_000, 0, 0));
        assertThat(result.opsPerSecond()).isEqualTo(1000);
        assertThat(result.megabytesPerSecond()).isEqualTo(1.0);
    }

    @Test
    void percentilesAreThoseOfAllSlicesTogether() {
        Result result = result("tcp", new Point(Operation.NULL, 0, 1), slice(900, 1_000_000, 10_000, 0, 0),
                slice(100, 1_000_000, 500_000, 0, 0));
        assertThat(result.latencyMicros(50)).isCloseTo(10, within(0.1));
        assertThat(result.latencyMicros(99)).isCloseTo(500, within(1.0));
    }

    @Test
    void allocationIsDividedByAllCallsAndAddedUpOverBothSides() {
        Result result = result("rdma", new Point(Operation.NULL, 0, 1), slice(100, 1, 1, 1000, 3000), slice(300, 1, 1, 3000, 1000));
        assertThat(result.clientAllocatedPerCall()).hasValue(10);
        assertThat(result.serverAllocatedPerCall()).hasValue(10);
        assertThat(result.allocatedPerCall()).hasValue(20);
    }

    @Test
    void copiesAreBytesCopiedForEachByteOfDataAndUnknownWithoutATransportThatCounts() {
        Result result = result("rdma", new Point(Operation.READ, 1024, 1), slice(100, 1, 1, 0, 0));
        assertThat(result.serverCopies()).hasValue(4);
        assertThat(result.clientCopies()).isEmpty();
        assertThat(result("rdma", new Point(Operation.NULL, 0, 1), slice(100, 1, 1, 0, 0)).serverCopies()).isEmpty();
    }

    @Test
    void whatOneSideCannotCountIsNotCounted() {
        Result result = result("rdma", new Point(Operation.NULL, 0, 1), slice(100, 1, 1, 1000, -1));
        assertThat(result.allocatedPerCall()).isEmpty();
        assertThat(result.systemCallsPerCall()).isEmpty();
    }

    @Test
    void aSliceInWhichTheCompilersTookATenthOfAProcessorIsOneOfWarmingUp() {
        assertThat(compiling(1_000_000_000L, 100).wasCompiling()).isFalse();
        assertThat(compiling(1_000_000_000L, 101).wasCompiling()).isTrue();
    }

    private static Slice compiling(long nanos, long millis) {
        return new Slice(1, nanos, new Histogram(3), -1, -1, 0, 0, -1, -1, millis);
    }
}
