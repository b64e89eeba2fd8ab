// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CongestionControlTest {

    @Test
    void whoMeasuresUnderOneThatPacesIsTold() {
        assertThat(CongestionControl.warning("bbr")).hasValueSatisfying(text -> assertThat(text).contains("bbr", "cubic"));
        assertThat(CongestionControl.warning("cubic")).isEmpty();
        assertThat(CongestionControl.warning("reno")).isEmpty();
    }
}
