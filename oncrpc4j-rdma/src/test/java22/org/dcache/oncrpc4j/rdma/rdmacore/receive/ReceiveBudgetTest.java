// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.receive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** How many receives a shared queue is given. */
class ReceiveBudgetTest {

    @Test
    void fewCreditsAreAllBacked() {
        ReceiveBudget budget = new ReceiveBudget(1024);
        budget.grant(10);

        assertThat(budget.missing(0)).as("and one for a message too many").isEqualTo(11);
        assertThat(budget.missing(11)).isZero();
        assertThat(budget.canRunLow()).isFalse();
    }

    @Test
    void manyCreditsAreBackedUpToALevelThatDoublesUpToTheDepth() {
        ReceiveBudget budget = new ReceiveBudget(100);
        budget.grant(1000);
        List<Integer> levels = new ArrayList<>(List.of(budget.missing(0)));
        List<Integer> lows = new ArrayList<>();
        while (budget.canRunLow()) {
            lows.add(budget.low());
            assertThat(budget.grow()).isTrue();
            levels.add(budget.missing(0));
        }

        assertThat(levels).containsExactly(26, 51, 101);
        assertThat(lows).containsExactly(6, 12);
        assertThat(budget.grow()).isFalse();
    }

    @Test
    void aDeviceThatCannotWarnGetsTheWholeDepth() {
        ReceiveBudget budget = new ReceiveBudget(100);
        budget.grant(1000);
        budget.growFully();

        assertThat(budget.missing(0)).isEqualTo(101);
        assertThat(budget.canRunLow()).isFalse();
    }

    /** Each loss that nobody noticed would otherwise leave one receive fewer for all. */
    @Test
    void anEndInDoubtIsMadeUpForAndEveryConnectionHasASpare() {
        ReceiveBudget budget = new ReceiveBudget(16);
        int spares = ReceiveBudget.spares(16);
        for (int i = 0; i < spares; i++) {
            assertThat(budget.admit()).isTrue();
            budget.grant(100);
        }
        assertThat(budget.admit()).as("no spare is left").isFalse();

        for (int i = 1; i < spares; i++) {
            budget.leave(100, true);
            assertThat(budget.missing(0)).isEqualTo(17 + i);
            assertThat(budget.admit()).as("what was lost is not given away again").isFalse();
        }
        budget.leave(100, false);
        assertThat(budget.admit()).isTrue();
    }

    /** 0 to 3: a connection comes with that many times 100 credits; 4 and 5 it goes, in doubt or not; above, messages come. */
    @Property
    void whateverComesAndGoesTheQueueHoldsItAndNoCreditIsForgotten(@ForAll @IntRange(min = 16, max = 200) int depth,
            @ForAll @Size(max = 200) List<@IntRange(min = 0, max = 9) Integer> steps) {
        ReceiveBudget budget = new ReceiveBudget(depth);
        List<Integer> credits = new ArrayList<>();
        int posted = 0;
        int lost = 0;
        for (int step : steps) {
            if (step < 4) {
                if (budget.admit()) {
                    credits.add(100 * step);
                    budget.grant(100 * step);
                }
            } else if (!credits.isEmpty()) {
                if (step < 6) {
                    budget.leave(credits.remove(0), step == 4);
                    lost += step == 4 ? 1 : 0;
                } else if (credits.get(0) > 0 && posted > lost) {
                    credits.set(0, credits.get(0) - 1);
                    budget.use();
                    posted--;
                }
            }
            posted += budget.missing(posted);
            int sum = credits.stream().mapToInt(Integer::intValue).sum();

            assertThat(posted).isLessThanOrEqualTo(budget.capacity());
            assertThat(posted - lost).as("receives that the device has for sure").isGreaterThanOrEqualTo(Math.min(sum, 16));
            assertThat(budget.missing(posted)).isZero();
        }
    }
}
