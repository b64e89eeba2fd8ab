// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.verbs.MessagingSuite;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.junit.jupiter.api.Test;

/** The part of the provider suite that is about messages, with receives that are not shared. */
class RdmaCoreOwnReceivesTest extends MessagingSuite {

    @Override
    protected VerbsProvider provider() {
        return new RdmaCoreProvider();
    }

    @Override
    protected InetAddress address() throws IOException {
        return DeviceAddress.get();
    }

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
