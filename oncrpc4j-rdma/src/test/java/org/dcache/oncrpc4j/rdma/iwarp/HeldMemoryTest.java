// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpGauge;
import org.dcache.oncrpc4j.rdma.metrics.Gauges;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The gauges say what the provider's memory is lent for, and go back to where they were. */
@Timeout(120)
class HeldMemoryTest {

    private static final int SENDS = 4000;

    private final long receivesBefore = level(IwarpGauge.RECEIVES_LENT);
    private final long stagingBefore = level(IwarpGauge.STAGING_BYTES_LENT);
    private final RawPeerFixture f = new RawPeerFixture();

    @BeforeEach
    void connect() throws IOException {
        f.responding();
        await(IwarpGauge.RECEIVES_LENT, level -> level == receivesBefore);
    }

    @AfterEach
    void close() throws IOException {
        f.close();
        assertThat(level(IwarpGauge.RECEIVES_LENT)).isEqualTo(receivesBefore);
        assertThat(level(IwarpGauge.STAGING_BYTES_LENT)).isEqualTo(stagingBefore);
    }

    private static long level(IwarpGauge gauge) {
        return Gauges.process().snapshot().getOrDefault(gauge.label(), 0L);
    }

    private static void await(IwarpGauge gauge, LongPredicate wanted) {
        while (!wanted.test(level(gauge))) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aMessageCountsUntilItIsReleased() throws Exception {
        f.endpoint.hold = true;
        f.peer.sendFpdu(RawPeer.sendMessage(2, new byte[100]));
        ReceiveBuffer held = f.endpoint.held.poll(60, TimeUnit.SECONDS);
        assertThat(level(IwarpGauge.RECEIVES_LENT)).isEqualTo(receivesBefore + 1);
        held.release();
        assertThat(level(IwarpGauge.RECEIVES_LENT)).isEqualTo(receivesBefore);
    }

    @Test
    void whatAPeerDoesNotReadCountsUntilItDoes() throws Exception {
        for (int i = 0; i < SENDS; i++) {
            f.queuePair().postSend(RawPeerFixture.send(new byte[2000]));
        }
        await(IwarpGauge.STAGING_BYTES_LENT, level -> level > stagingBefore);
        for (int i = 0; i < SENDS; i++) {
            assertThat(f.peer.readFpdu().crcRight()).isTrue();
        }
        await(IwarpGauge.STAGING_BYTES_LENT, level -> level == stagingBefore);
    }

    @Test
    void whatAPeerNeverReadsCountsUntilTheEndOfItsConnection() throws Exception {
        for (int i = 0; i < SENDS; i++) {
            f.queuePair().postSend(RawPeerFixture.send(new byte[2000]));
        }
        await(IwarpGauge.STAGING_BYTES_LENT, level -> level > stagingBefore);
        f.peer.close();
        await(IwarpGauge.STAGING_BYTES_LENT, level -> level == stagingBefore);
    }
}
