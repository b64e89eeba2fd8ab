// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.counters;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.junit.jupiter.api.Test;

class CounterDeltaTest {

    @Test
    void aSendThatInvalidatesIsASend() {
        Map<String, Long> before = Map.of(XprtCounter.SENDS.label(), 1L);
        Map<String, Long> after = Map.of(XprtCounter.SENDS.label(), 2L, XprtCounter.SENDS_WITH_INVALIDATE.label(), 3L);
        assertThat(CounterDelta.of(before, after)).isEqualTo(Map.of(XprtCounter.SENDS.label(), 4L));
    }

    @Test
    void whatStoodStillWhatIsFreeAndWhatIsOthersIsLeftOut() {
        Map<String, Long> before = Map.of(XprtCounter.RECEIVES.label(), 7L);
        Map<String, Long> after = Map.of(XprtCounter.RECEIVES.label(), 7L, XprtCounter.SINK_WAITS.label(), 4L, "iwarp.fpdus_sent", 9L,
                XprtCounter.DROPPED_SHORT.label(), 1L);
        assertThat(CounterDelta.of(before, after)).isEqualTo(Map.of(XprtCounter.DROPPED_SHORT.label(), 1L));
    }
}
