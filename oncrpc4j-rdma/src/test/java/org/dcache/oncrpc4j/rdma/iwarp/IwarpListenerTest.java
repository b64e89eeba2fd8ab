// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpSettings;
import org.dcache.oncrpc4j.rdma.verbs.Listener;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class IwarpListenerTest {

    /** No socket has this type of service, and says so by an unchecked exception. */
    private static final int IMPOSSIBLE = 999;

    @Test
    void aSocketThatCannotBeTakenIsClosedAndTheListenerGoesOn() throws Exception {
        IwarpSettings good = IwarpSettings.of(Configuration.of(Map.of()));
        IwarpSettings bad = new IwarpSettings(good.crc(), good.mulpdu(), good.loops(), good.spinNanos(), IMPOSSIBLE, good.connections(),
                good.handshakes(), good.waitInLoop(),
                good.handshakeTimeoutMillis());
        IwarpAdapter adapter = new IwarpAdapter(bad, new MemoryBudget(1 << 24));
        try (Listener listener = adapter.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 8, request -> {})) {
            for (int i = 1; i <= 3; i++) {
                try (Socket peer = new Socket(listener.localAddress().getAddress(), listener.localAddress().getPort())) {
                    peer.setSoTimeout(20_000);
                    assertThat(peer.getInputStream().read()).as("closed by the listener").isEqualTo(-1);
                }
                while (adapter.counters().get(IwarpCounter.ACCEPT_FAILED) < i) {
                    Thread.onSpinWait();
                }
            }
            assertThat(adapter.counters().get(IwarpCounter.ACCEPT_FAILED)).as("once for each").isEqualTo(3);
        } finally {
            adapter.close();
        }
    }
}
