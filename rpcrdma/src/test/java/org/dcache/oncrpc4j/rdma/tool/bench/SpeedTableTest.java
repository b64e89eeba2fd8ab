// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Operation;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Point;
import org.junit.jupiter.api.Test;

class SpeedTableTest {

    private static final Point READ = new Point(Operation.READ, 1 << 20, 8);

    private static Result rate(String transport, Point point, long calls) {
        return ResultTest.result(transport, point, ResultTest.slice(calls, 1_000_000_000L, 1_000_000_000L / calls, 0, 0));
    }

    private static SpeedTable.Row row(SpeedTable table, String start) {
        return table.rows().stream().filter(row -> row.what().startsWith(start)).findFirst().orElseThrow();
    }

    private static SpeedTable table(OptionalDouble idle, Result... results) {
        return new SpeedTable(new Report(List.of(results)), new Report(List.of()), idle, OptionalDouble.empty(), false);
    }

    @Test
    void ratiosAreJudgedByFloorAndAim() {
        for (Map.Entry<Long, SpeedTable.Verdict> expected : Map.of(1499L, SpeedTable.Verdict.BELOW, 1500L, SpeedTable.Verdict.OK,
                2200L, SpeedTable.Verdict.AIM).entrySet()) {
            SpeedTable table = table(OptionalDouble.empty(), rate("tcp", READ, 1000), rate("rdma", READ, expected.getKey()));
            assertThat(row(table, "1 MiB READ, depth 8").verdict()).isEqualTo(expected.getValue());
        }
    }

    @Test
    void theShareOfTheLimitIsJudgedBesideTheRatioToTcp() {
        SpeedTable table = table(OptionalDouble.empty(), rate("rdma", READ, 850), rate("limit", READ, 1000), rate("direct", READ, 1700));
        assertThat(row(table, "1 MiB READ, depth 8, share").verdict()).isEqualTo(SpeedTable.Verdict.OK);
        assertThat(row(table, "1 MiB READ, depth 8, share").note()).contains("0.50x of bare FPDUs of direct memory");
        assertThat(row(table, "1 MiB WRITE, depth 8, share").verdict()).isEqualTo(SpeedTable.Verdict.UNKNOWN);
    }

    @Test
    void smallFpdusAreComparedWithTheLimitOfSmallFpdus() {
        SpeedTable table = new SpeedTable(new Report(List.of(rate("tcp", READ, 1000), rate("limit", READ, 2000))),
                new Report(List.of(rate("rdma", READ, 900), rate("limit", READ, 1200))), OptionalDouble.empty(), OptionalDouble.empty(),
                false);
        assertThat(row(table, "1 MiB READ with FPDUs of MTU").verdict()).isEqualTo(SpeedTable.Verdict.OK);
        assertThat(row(table, "1 MiB READ with FPDUs of MTU").note()).isEqualTo("0.75x of the limit with such FPDUs");
    }

    @Test
    void aFileHasFloorsOfItsOwn() {
        Point small = new Point(Operation.READ, 4 << 10, 8);
        SpeedTable table = new SpeedTable(new Report(List.of(rate("tcp", READ, 1000), rate("rdma", READ, 1200), rate("tcp", small, 1000),
                rate("rdma", small, 1099))), new Report(List.of()), OptionalDouble.empty(), OptionalDouble.empty(), true);
        assertThat(row(table, "1 MiB READ of a file").verdict()).isEqualTo(SpeedTable.Verdict.OK);
        assertThat(row(table, "4 KiB READ of a file").verdict()).isEqualTo(SpeedTable.Verdict.BELOW);
        assertThat(row(table, "1 MiB WRITE to a file").verdict()).isEqualTo(SpeedTable.Verdict.UNKNOWN);
    }

    @Test
    void lessMemoryIsBetter() {
        assertThat(row(table(OptionalDouble.of(8192)), "memory").verdict()).isEqualTo(SpeedTable.Verdict.AIM);
        assertThat(row(table(OptionalDouble.of(65536)), "memory").verdict()).isEqualTo(SpeedTable.Verdict.OK);
        assertThat(row(table(OptionalDouble.of(65537)), "memory").verdict()).isEqualTo(SpeedTable.Verdict.BELOW);
    }

    @Test
    void lowerLatencyIsAHigherRatio() {
        Point alone = new Point(Operation.NULL, 0, 1);
        SpeedTable table = table(OptionalDouble.empty(), rate("tcp", alone, 10_000), rate("rdma", alone, 20_000));
        assertThat(row(table, "NULL latency").measured().getAsDouble()).isBetween(1.99, 2.01);
    }

    @Test
    void ofReadAndWriteTheWorseIsJudged() {
        CallCounts few = new CallCounts(10, Map.of("writev", 20L, "futex", 900L));
        CallCounts many = new CallCounts(10, Map.of("writev", 50L));
        Result read = new Result("rdma", READ, List.of(ResultTest.slice(1, 1, 1, 0, 0)), Optional.of(new SystemCalls(few, few)));
        Result write = new Result("rdma", new Point(Operation.WRITE, 1 << 20, 8), List.of(ResultTest.slice(1, 1, 1, 0, 0)),
                Optional.of(new SystemCalls(many, few)));
        SpeedTable table = table(OptionalDouble.empty(), read, write);
        assertThat(row(table, "system calls per 1 MiB, sender").measured()).hasValue(5.0);
        assertThat(row(table, "system calls per 1 MiB, sender").verdict()).isEqualTo(SpeedTable.Verdict.BELOW);
        assertThat(row(table, "system calls per 1 MiB, receiver").verdict()).isEqualTo(SpeedTable.Verdict.AIM);
    }

    @Test
    void whatWasNotMeasuredIsNotJudged() {
        SpeedTable table = table(OptionalDouble.empty());
        assertThat(table.rows()).isNotEmpty().allSatisfy(row -> assertThat(row.verdict()).isEqualTo(SpeedTable.Verdict.UNKNOWN));
        assertThat(table.render()).contains("not measured").doesNotContain("below");
    }
}
