// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.verbs.MessagingSuite;
import org.junit.jupiter.api.Test;

/** The part of the provider suite that is about messages, with receives that are not shared. */
class RdmaCoreOwnReceivesTest extends MessagingSuite implements RdmaCoreUnderTest {

    @Override
    protected Map<String, String> settings() {
        return Map.of("oncrpc.rdma.rdma-core.srq", "off");
    }

    @Test
    void nothingIsShared() throws Exception {
        connect();
        assertThat(adapter.capabilities().sharedReceiveQueue()).isFalse();
        assertThat(((RdmaCoreAdapter) adapter).counters().get(RdmaCoreCounter.SRQ_MADE)).isZero();
    }
}
