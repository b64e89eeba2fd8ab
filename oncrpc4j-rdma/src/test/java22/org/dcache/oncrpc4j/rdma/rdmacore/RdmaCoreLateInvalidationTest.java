// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.ProviderSuite;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A device that comes to our invalidation of a window when the peer has invalidated it already, and others look for a window. */
@Timeout(60)
class RdmaCoreLateInvalidationTest extends ProviderSuite implements RdmaCoreUnderTest {

    private static final int LATE_MILLIS = 500;
    /** More than lie free. */
    private static final int OTHERS = 40;

    private SoftDevice device;

    @BeforeEach
    void theDeviceIsThere() {
        device = SoftDevice.require();
    }

    @AfterEach
    void noFaultsAreLeft() {
        if (device != null) {
            device.faults("");
        }
    }

    @Test
    void aWindowIsNotBoundAgainBeforeOurInvalidationHasCompletedThoughThePeersHas() throws Exception {
        Pair pair = connect();
        Pair other = connect();
        Exposure exposure = expose(pair.client(), MemorySource.of(memory(100).bytes()), Access.REMOTE_READ);
        device.faults("invalidate:times=1:late=" + TimeUnit.MILLISECONDS.toMicros(LATE_MILLIS));
        CompletableFuture<Void> fenced = new CompletableFuture<>();
        assertThat(exposure.revoke(() -> fenced.complete(null))).isFalse();
        Memory last = memory(pattern(10, 1));
        pair.serverQp().postSend(new WorkRequest().sendWithInvalidate(exposure.stag()).add(last.bytes(), last.region()).signaled(true));
        assertThat(pair.client().message().data()).isEqualTo(pattern(10, 1));
        fenced.get(20, TimeUnit.SECONDS);
        for (int i = 0; i < OTHERS; i++) {
            expose(other.client(), MemorySource.of(memory(100).bytes()), Access.REMOTE_READ);
        }
        // It comes behind the invalidation.
        WorkRequest behind = send(pattern(10, 2));
        pair.clientQp().postSend(behind);
        succeeds(pair.client().sendCompletion(), behind);
        assertThat(pair.server().message().data()).isEqualTo(pattern(10, 2));
    }
}
