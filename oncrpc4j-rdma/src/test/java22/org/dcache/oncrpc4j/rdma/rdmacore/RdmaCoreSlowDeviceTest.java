// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.verbs.Endpoint;
import org.dcache.oncrpc4j.rdma.verbs.ProviderSuite;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.DeviceErrorException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A device whose call returns seconds after the request is done: nobody waits for it but the thread that is in it, and the end. */
@Timeout(60)
class RdmaCoreSlowDeviceTest extends ProviderSuite implements RdmaCoreUnderTest {

    private static final int IN_THE_DEVICE_SECONDS = 4;

    private SoftDevice device;
    private Pair pair;
    private CompletableFuture<Void> inTheDevice;
    private WorkRequest first;

    /** A thread that is in the device; its request has gone to the peer. */
    @BeforeEach
    void aThreadIsInTheDevice() throws Exception {
        device = SoftDevice.require();
        pair = connect();
        device.faults("return-send:times=1:late=" + TimeUnit.SECONDS.toMicros(IN_THE_DEVICE_SECONDS));
        first = send(pattern(100, 1));
        inTheDevice = CompletableFuture.runAsync(() -> pair.clientQp().postSend(first));
        assertThat(pair.server().message().data()).isEqualTo(pattern(100, 1));
        pair.serverQp().postReceives(1);
    }

    @AfterEach
    void noFaultsAreLeft() {
        if (device != null) {
            device.faults("");
        }
    }

    @Test
    void whoPostsMeanwhileGoesOnAndTheCompletionsComeAndAllIsSentInOrder() throws Exception {
        WorkRequest second = send(pattern(100, 2));
        WorkRequest third = send(pattern(100, 3));
        pair.clientQp().postSend(second);
        pair.clientQp().postSend(third);
        succeeds(pair.client().sendCompletion(), first);
        assertThat(inTheDevice).isNotDone();
        for (int i = 2; i <= 3; i++) {
            assertThat(pair.server().message().data()).isEqualTo(pattern(100, i));
        }
        succeeds(pair.client().sendCompletion(), second);
        succeeds(pair.client().sendCompletion(), third);
        inTheDevice.get(IN_THE_DEVICE_SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void whatTheDeviceRefusesInAnotherThreadFailsForWhoPostedIt() throws Exception {
        device.faults("post_send:errno=5:times=1");
        WorkRequest second = send(pattern(100, 2));
        pair.clientQp().postSend(second);
        succeeds(pair.client().sendCompletion(), first);
        assertThat(pair.client().sendCompletion()).isEqualTo(new Endpoint.Completion(second, false));
        assertThat(pair.client().end()).isInstanceOf(DeviceErrorException.class).hasMessageContaining("refused a work request: EIO");
        pair.server().end();
        inTheDevice.get(IN_THE_DEVICE_SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void theEndOfTheConnectionWaitsForItAndFailsWhatWasLeftToIt() throws Exception {
        WorkRequest second = send(pattern(100, 2));
        pair.clientQp().postSend(second);
        pair.clientQp().abort(new ConnectionClosedException("enough"));
        pair.client().end();
        // Had it not waited, the thread would be in the device for seconds more, with a queue pair that is destroyed.
        inTheDevice.get(1, TimeUnit.SECONDS);
        assertThat(pair.client().sendCompletion().request()).isSameAs(first);
        assertThat(pair.client().sendCompletion().request()).isSameAs(second);
        pair.server().end();
    }
}
