// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Operation;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Point;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Sizes;
import org.junit.jupiter.api.Test;

class PlanTest {

    @Test
    void nullCallsHaveNoSizes() {
        assertThat(Point.grid(List.of(Operation.NULL, Operation.READ), List.of(10, 20), List.of(1, 8))).containsExactly(
                new Point(Operation.NULL, 0, 1), new Point(Operation.NULL, 0, 8), new Point(Operation.READ, 10, 1),
                new Point(Operation.READ, 10, 8), new Point(Operation.READ, 20, 1), new Point(Operation.READ, 20, 8));
    }

    @Test
    void aShortRunKeepsWhatTheSpeedTableLooksAt() {
        assertThat(Plan.quickPoints(Arrays.asList(Operation.values())))
                .contains(new Point(Operation.NULL, 0, 1), new Point(Operation.NULL, 0, 32),
                new Point(Operation.READ, 1 << 20, 8), new Point(Operation.WRITE, 1 << 20, 8));
    }

    @Property
    void slicesFitIntoTheTimeUnlessThatIsAbsurdlyShort(@ForAll @IntRange(min = 10, max = 60) int seconds,
            @ForAll @IntRange(min = 1, max = 3) int rounds) {
        Plan plan = quickPlan(rounds)
                .within(Duration.ofSeconds(seconds), 10, 2);
        Duration all = plan.slice().multipliedBy(rounds).plus(plan.warmUp()).multipliedBy(plan.points().size() * 2L);
        assertThat(all).isLessThanOrEqualTo(Duration.ofSeconds(seconds));
    }

    @Test
    void whenTimeHasRunOutOneShortRoundIsLeft() {
        Plan plan = quickPlan(3).within(Duration.ofSeconds(-1), 4, 2);
        assertThat(plan.rounds()).isEqualTo(1);
        assertThat(plan.slice()).isPositive().isLessThan(Duration.ofMillis(100));
    }

    private static Plan quickPlan(int rounds) {
        return new Plan(Plan.quickPoints(Arrays.asList(Operation.values())), rounds, Duration.ofSeconds(1), Duration.ofSeconds(1), 4,
                false);
    }

    @Test
    void aPlanWithoutPointsIsRefused() {
        assertThatThrownBy(() -> new Plan(List.of(), 1, Duration.ofSeconds(1), Duration.ZERO, 1, false))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void sizesAreReadAndWrittenAsPeopleDo() {
        assertThat(Sizes.parse("64k")).isEqualTo(65536);
        assertThat(Sizes.parse(" 1M ")).isEqualTo(1 << 20);
        assertThat(Sizes.parse("17")).isEqualTo(17);
        assertThat(Sizes.text(65536)).isEqualTo("64 KiB");
        assertThat(Sizes.text(1 << 20)).isEqualTo("1 MiB");
        assertThat(Sizes.text(1025)).isEqualTo("1025 B");
    }

    @Test
    void sizesOutOfRangeAreRefused() {
        for (String text : List.of("0", "-1", "17m", "16777217", "k", "", "1g", "99999999999m")) {
            assertThatThrownBy(() -> Sizes.parse(text)).as(text).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected");
        }
    }
}
