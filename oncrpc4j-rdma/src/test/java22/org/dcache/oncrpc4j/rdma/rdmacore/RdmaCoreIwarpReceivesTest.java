// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Map;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.Availability;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An iWARP device shares no receives, whatever the setting says. Skipped with the reason where there is none. */
class RdmaCoreIwarpReceivesTest {

    private final RdmaCoreProvider provider = new RdmaCoreProvider();

    @BeforeEach
    void thereIsAnIwarpDevice() {
        Availability availability = provider.availability();
        assumeTrue(availability.available(), availability.reason());
        assumeTrue(availability.reason().contains("iWARP"), "no iWARP device: " + availability.reason());
    }

    @Test
    void leftToUsTheyAreNotShared() throws Exception {
        try (Adapter adapter = provider.open(Configuration.of(Map.of()))) {
            assertThat(adapter.capabilities().sharedReceiveQueue()).isFalse();
        }
    }

    @Test
    void whoInsistsIsToldWhy() {
        assertThatThrownBy(() -> provider.open(Configuration.of(Map.of("oncrpc.rdma.rdma-core.srq", "on"))))
                .isInstanceOf(ProviderUnavailableException.class)
                .hasMessageContaining("oncrpc.rdma.rdma-core.srq=on").hasMessageContaining("it is iWARP");
    }
}
