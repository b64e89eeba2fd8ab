// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;

class SettlingTest {

    @Test
    void endsAtTheSecondLookInARowThatFindsNothingUsed() throws Exception {
        Iterator<Integer> millis = List.of(100, 140, 150, 190, 190, 200, 200, 200).iterator();

        Settling.of(() -> Duration.ofMillis(millis.next()), Duration.ofDays(1));

        assertThat(millis.next()).as("the reading after the one that ended it").isEqualTo(200);
        assertThat(millis).toIterable().hasSize(1);
    }

    @Test
    void whatNeverRestsIsNotWaitedForForEver() throws Exception {
        long[] millis = {0};

        Settling.of(() -> Duration.ofMillis(millis[0] += 100), Duration.ofMillis(30));

        assertThat(millis[0]).isGreaterThan(100);
    }

    @Test
    void processorTimeOfARunningProcessIsReadFromTheSystem() throws Exception {
        Settling.of(List.of(ProcessHandle.current()), Duration.ofMillis(30));

        assertThat(ProcessHandle.current().info().totalCpuDuration()).as("what it is built on").isPresent();
    }
}
