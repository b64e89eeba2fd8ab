// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class GaugesTest {

    private enum Held implements MetricName {
        THINGS, OTHERS;

        @Override
        public String group() {
            return "gauges-test";
        }
    }

    @Test
    void levelsOfOneNameAreAddedUpUntilTheyAreClosed() {
        AtomicLong one = new AtomicLong(3);
        try (Gauges.Gauge first = Gauges.process().add(Held.THINGS, one::get)) {
            assertThat(Gauges.process().snapshot()).containsEntry("gauges-test.things", 3L);
            try (Gauges.Gauge second = Gauges.process().add(Held.THINGS, () -> 4); Gauges.Gauge third = Gauges.process()
                    .add(Held.OTHERS, () -> 0)) {
                one.set(1);
                assertThat(Gauges.process().snapshot()).containsEntry("gauges-test.things", 5L).containsEntry("gauges-test.others", 0L);
            }
            assertThat(Gauges.process().snapshot()).containsEntry("gauges-test.things", 1L).doesNotContainKey("gauges-test.others");
        }
        assertThat(Gauges.process().snapshot()).doesNotContainKey("gauges-test.things");
    }
}
