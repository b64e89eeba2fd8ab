// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.junit.jupiter.api.Test;

/** Receives have half of the budget at most, and only what is left of it; a refusal takes nothing. */
class ReceiveShareTest {

    private final MemoryBudget budget = new MemoryBudget(1000);
    private final ReceiveShare share = new ReceiveShare(budget);

    private void assertRefused(long bytes) {
        long before = budget.used();
        assertThatThrownBy(() -> share.reserve(bytes)).isInstanceOf(ResourceLimitException.class)
                .hasMessageContaining("receives of " + bytes + " bytes").hasMessageContaining("oncrpc.rdma.memory");
        assertThat(budget.used()).isEqualTo(before);
    }

    @Test
    void receivesHaveHalfOfTheBudgetAtMost() throws Exception {
        share.reserve(500);
        assertRefused(1);
        assertRefused(400);
        share.release(100);
        share.reserve(100);
        assertThat(budget.used()).isEqualTo(500);
    }

    @Test
    void whatCallsHaveIsNotForReceives() throws Exception {
        budget.tryReserve(800);
        assertRefused(300);
        share.reserve(200);
        assertThat(budget.used()).isEqualTo(1000);
    }

    @Test
    void whatIsTakenAnywayCounts() throws Exception {
        share.reserve(400);
        share.reserveAnyway(200);
        assertRefused(1);
        assertThat(share.tryReserve(1)).isFalse();
        budget.tryReserve(400);
        share.reserveAnyway(100);
        assertThat(budget.used()).isEqualTo(1100);
    }

    @Test
    void callsGiveUpWhatTheyDoNotUse() throws Exception {
        budget.tryReserve(1000);
        budget.reclaimer(() -> budget.release(400));
        share.reserve(300);
        assertThat(budget.used()).isEqualTo(900);
    }
}
