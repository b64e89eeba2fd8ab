// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.OptionalDouble;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Operation;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Point;
import org.dcache.oncrpc4j.rdma.tool.html.SpreadChart;
import org.junit.jupiter.api.Test;

/** Several runs become one table of medians, and say how far they lie apart. */
class SpeedRunsTest {

    private static final Point READ = new Point(Operation.READ, 1 << 20, 8);

    private static SpeedRuns runs(long... rates) {
        SpeedRuns runs = new SpeedRuns();
        for (long rate : rates) {
            List<Result> results = List.of(of("tcp", 1000), of("rdma", rate));
            runs.add(new SpeedTable(new Report(results), new Report(List.of()), OptionalDouble.empty(), OptionalDouble.empty(), false));
        }
        return runs;
    }

    private static Result of(String transport, long calls) {
        return ResultTest.result(transport, READ, ResultTest.slice(calls, 1_000_000_000L, 1_000_000_000L / calls, 0, 0));
    }

    private static List<String> ratio(SpeedRuns runs) {
        return runs.table().rows().stream().filter(row -> row.get(0).equals("1 MiB READ, depth 8, rdma/tcp")).findFirst().orElseThrow();
    }

    @Test
    void theMedianOfTheRunsIsJudgedAndTheSpreadIsTold() {
        assertThat(ratio(runs(1400, 2000, 1600))).containsExactly("1 MiB READ, depth 8, rdma/tcp", "1.50x", "2.20x", "1.60x", "1.40x",
                "2.00x", "1", "OK");
        assertThat(ratio(runs(1400, 2000, 1700, 1300))).containsExactly("1 MiB READ, depth 8, rdma/tcp", "1.50x", "2.20x", "1.55x", "1.30x",
                "2.00x", "2", "OK");
        assertThat(ratio(runs(1400, 1450))).contains("below the floor");
    }

    @Test
    void rowsThatNoRunMeasuredAreLeftOut() {
        assertThat(runs(1600, 1600).table().rows()).hasSize(2 + 1).noneMatch(row -> row.get(0).contains("NULL"));
    }

    @Test
    void thePictureHasTheRatiosAndMarksThoseBelowTheFloor() {
        assertThat(runs(1600, 1700).chart().svg()).contains("1 MiB READ, depth 8, rdma/tcp", "1.65x").doesNotContain("#c03030");
        assertThat(runs(1400, 1450).chart().svg()).contains("#c03030");
    }

    @Test
    void aSpreadThatIsNoneIsRefused() {
        assertThatThrownBy(() -> new SpreadChart("t").row("r", 1, 2, 1, 3)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("r: expected 0 <= lowest");
        assertThatThrownBy(() -> new SpreadChart("t").row("r", 1, 1, Double.NaN, 3)).isInstanceOf(IllegalArgumentException.class);
    }
}
