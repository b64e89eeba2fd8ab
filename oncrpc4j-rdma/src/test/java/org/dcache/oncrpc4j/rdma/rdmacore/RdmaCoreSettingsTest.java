// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.verbs.parts.LedLoop;
import org.junit.jupiter.api.Test;

class RdmaCoreSettingsTest {

    @Test
    void fewProcessorsAreNotKeptBusyByPolling() {
        assertThat(LedLoop.spinNanos(null, 2)).isZero();
        assertThat(LedLoop.spinNanos(null, 3)).isZero();
        assertThat(LedLoop.spinNanos(null, 4)).isEqualTo(20_000);
    }

    @Test
    void whoSetsPollingGetsIt() {
        assertThat(RdmaCoreSettings.of(Configuration.of(Map.of(Settings.RDMA_CORE_SPIN.name(), "7"))).spinNanos()).isEqualTo(7000);
        assertThat(LedLoop.spinNanos(0, 64)).isZero();
        assertThatThrownBy(() -> Configuration.of(Map.of(Settings.RDMA_CORE_SPIN.name(), "1000001")))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
