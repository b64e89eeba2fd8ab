// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.RemoteMemorySuite;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Windows that are freed and not invalidated, as with soft RoCE, on the software device. */
class RdmaCoreLikeSoftRoceTest extends RemoteMemorySuite implements RdmaCoreUnderTest {

    private SoftDevice device;

    @BeforeEach
    @Override
    protected void openAdapter() throws Exception {
        device = SoftDevice.require();
        device.faults("like_rxe");
        super.openAdapter();
    }

    @AfterEach
    void noFaultsAreLeft() {
        if (device != null) {
            device.faults("");
        }
    }

    @Test
    void aWindowWhoseBindIsNotPostedYetIsFreedLater() throws Exception {
        Pair pair = connect();
        Exposure exposure = pair.clientQp().expose(MemorySource.of(memory(pattern(100, 1)).bytes()), Access.REMOTE_READ);
        device.faults("return-send:times=1:late=" + TimeUnit.SECONDS.toMicros(2));
        CompletableFuture<Void> inTheDevice = CompletableFuture.runAsync(() -> pair.clientQp().postSend(send(pattern(10, 1))));
        assertThat(pair.server().message().data()).isEqualTo(pattern(10, 1));
        WorkRequest bind = exposure.bindRequest();
        bind.next(send(pattern(10, 2)));
        pair.clientQp().postSend(bind);
        CompletableFuture<Void> fenced = new CompletableFuture<>();
        assertThat(exposure.revoke(() -> fenced.complete(null))).isFalse();
        CompletableFuture.anyOf(fenced, inTheDevice).get(20, TimeUnit.SECONDS);
        // Not two seconds before it.
        inTheDevice.get(1, TimeUnit.SECONDS);
        fenced.get(20, TimeUnit.SECONDS);
        assertThat(pair.server().message().data()).isEqualTo(pattern(10, 2));
        pair.clientQp().postSend(send(pattern(10, 3)));
        assertThat(pair.server().message().data()).isEqualTo(pattern(10, 3));
    }

    /** It comes to the bind some time after it was posted, and ends the connection when there is no window then. */
    @Test
    void aWindowIsNotFreedBeforeTheDeviceHasComeToItsBind() throws Exception {
        Pair pair = connect();
        Exposure exposure = pair.clientQp().expose(MemorySource.of(memory(pattern(100, 1)).bytes()), Access.REMOTE_READ);
        device.faults("bind:times=1:late=" + TimeUnit.MILLISECONDS.toMicros(300));
        WorkRequest bind = exposure.bindRequest();
        bind.next(send(pattern(10, 1)));
        pair.clientQp().postSend(bind);
        CompletableFuture<Void> fenced = new CompletableFuture<>();
        assertThat(exposure.revoke(() -> fenced.complete(null))).isFalse();
        assertThat(pair.server().message().data()).isEqualTo(pattern(10, 1));
        fenced.get(20, TimeUnit.SECONDS);
        pair.clientQp().postSend(send(pattern(10, 2)));
        assertThat(pair.server().message().data()).isEqualTo(pattern(10, 2));
    }
}
