// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.Endpoint;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.Listener;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.ProviderSuite;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.DeviceErrorException;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeTimeoutException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerResetException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerSilentException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerTerminatedException;
import org.dcache.oncrpc4j.rdma.verbs.error.ProtocolViolationException;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Any call of a device fails, any request ends with an error or late, events get lost, the device is pulled out: on the software device,
 * which does so when it is asked. What was asked for fails in words, a connection beside it goes on, and at the end the device has no
 * object that it had not before.
 */
@Timeout(120)
class RdmaCoreFaultsTest extends ProviderSuite implements RdmaCoreUnderTest {

    private static final ConnectOptions IMPATIENT = new ConnectOptions(null, 2000, new byte[0], 2048, 16, 4, 4);

    private SoftDevice device;
    private long before;

    @Override
    protected Map<String, String> settings() {
        return Map.of("oncrpc.rdma.handshake-timeout", "3000");
    }

    @BeforeEach
    @Override
    protected void openAdapter() throws Exception {
        device = SoftDevice.require();
        before = device.objects();
        super.openAdapter();
    }

    @AfterEach
    @Override
    protected void closeAdapter() {
        if (device == null) {
            return;
        }
        device.faults("");
        device.putBack();
        super.closeAdapter();
        assertThat(device.objects()).as("objects of the device").isEqualTo(before);
    }

    private void exchange(Pair pair) {
        pair.clientQp().postSend(send(pattern(100, 1)));
        assertThat(pair.server().message().data()).isEqualTo(pattern(100, 1));
        assertThat(pair.client().sendCompletion().ok()).isTrue();
        pair.serverQp().postReceives(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"alloc_pd", "query_device", "query_port", "create_event_channel", "create_comp_channel",
            "create_comp_channel:after=1"})
    void anAdapterThatCannotBeOpenedSaysWhyAndLeavesNothing(String call) throws Exception {
        adapter.close();
        device.faults(call + ":errno=24:times=1");
        Map<String, String> twoLoops = Map.of("oncrpc.rdma.loops", "2");
        assertThatThrownBy(() -> provider().open(Configuration.of(twoLoops))).isInstanceOf(ProviderUnavailableException.class)
                .hasMessageContaining("EMFILE: too many open files");
        assertThat(device.objects()).isEqualTo(before);
        adapter = provider().open(Configuration.of(twoLoops));
        connect();
    }

    @ParameterizedTest
    @ValueSource(strings = {"create_id", "resolve_addr", "resolve_route", "create_cq", "create_qp:times=2", "modify_qp:times=2", "connect",
            "create_cq:after=1", "create_qp:after=1:times=2", "accept"})
    void aConnectionThatCannotBeMadeFailsAloneAndTheNextOneComesUp(String call) throws Exception {
        Pair bystander = connect();
        LeakLedger ledger = LeakLedger.snapshot();
        try (Listener listener = listen(request -> request.accept(IMPATIENT, new Endpoint()))) {
            device.faults(call + (call.contains("times") ? "" : ":times=1"));
            CompletableFuture<QueuePair> result = connect(listener.localAddress(), IMPATIENT, unusedEndpoint());
            assertThatThrownBy(() -> result.get(20, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class).cause()
                    .isInstanceOf(IOException.class).message().isNotBlank();
            device.faults("");
            exchange(bystander);
            Endpoint.get(connect(listener.localAddress(), IMPATIENT, new Endpoint()))
                    .abort(new ConnectionClosedException("enough"));
        }
        LeakLedger.assertNothingLeaked(ledger);
    }

    @Test
    void aConnectionWhoseReceiveIsRefusedEndsWithThat() throws Exception {
        Endpoint client = new Endpoint();
        try (Listener listener = listen(request -> request.accept(IMPATIENT, new Endpoint()))) {
            device.faults("post_recv:times=1");
            CompletableFuture<QueuePair> result = connect(listener.localAddress(), IMPATIENT, client);
            // The answer may find the queue pair in the error state already.
            if (result.handle((up, problem) -> problem == null).get(20, TimeUnit.SECONDS)) {
                assertThat(client.end()).isInstanceOf(DeviceErrorException.class).hasMessageContaining("refused a receive");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"create_srq", "modify_srq:times=4"})
    void aConnectionGoesOnWithoutWhatSharedReceivesNeed(String call) throws Exception {
        device.faults(call + (call.contains("times") ? "" : ":times=1"));
        exchange(connect());
    }

    @Test
    void whenSharedReceivesAreRefusedTheConnectionEnds() throws Exception {
        Pair pair = connect();
        device.faults("post_srq_recv");
        pair.serverQp().postReceives(1000);
        assertThat(pair.server().end()).isInstanceOf(DeviceErrorException.class);
        pair.client().end();
    }

    @Test
    void aRequestThatTheDeviceRefusesEndsTheConnectionWithItsError() throws Exception {
        Pair pair = connect();
        Pair bystander = connect();
        device.faults("post_send:errno=5:times=1");
        WorkRequest request = send(pattern(10, 1));
        pair.clientQp().postSend(request);
        assertThat(pair.client().sendCompletion()).isEqualTo(new Endpoint.Completion(request, false));
        assertThat(pair.client().end()).isInstanceOf(DeviceErrorException.class).hasMessageContaining("refused a work request: EIO");
        pair.server().end();
        exchange(bystander);
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "4", "6", "8", "9", "10", "11", "12", "13"})
    void aRequestThatFailsEndsTheConnectionWithItsCause(int status) throws Exception {
        Pair pair = connect();
        Pair bystander = connect();
        device.faults("send:status=" + status + ":times=1");
        WorkRequest failing = send(pattern(10, 1));
        WorkRequest behind = send(pattern(10, 2));
        pair.clientQp().postSend(failing.next(behind));
        assertThat(pair.client().sendCompletion()).isEqualTo(new Endpoint.Completion(failing, false));
        assertThat(pair.client().sendCompletion()).isEqualTo(new Endpoint.Completion(behind, false));
        Class<? extends VerbsException> cause = switch (status) {
            case 1 -> ProtocolViolationException.class;
            case 9, 10, 11 -> PeerTerminatedException.class;
            case 12 -> PeerSilentException.class;
            case 13 -> PeerResetException.class;
            default -> DeviceErrorException.class;
        };
        assertThat(pair.client().end()).isInstanceOf(cause);
        pair.server().end();
        exchange(bystander);
    }

    @Test
    void requestsThatAreLateCompleteInOrder() throws Exception {
        Pair pair = connect();
        device.faults("send:late=300:after=3;read:late=20000;write:late=5000");
        Exposure readable = expose(pair.server(), MemorySource.of(memory(pattern(500, 9)).bytes()), Access.REMOTE_READ);
        Memory sink = memory(500);
        List<WorkRequest> posted = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            WorkRequest request = send(pattern(100, i));
            posted.add(request);
            pair.clientQp().postSend(request);
        }
        pair.clientQp().postSend(read(sink, 0, 500, readable.stag(), readable.offset()));
        for (int i = 0; i < 30; i++) {
            succeeds(pair.client().sendCompletion(), posted.get(i));
            assertThat(pair.server().message().data()).isEqualTo(pattern(100, i));
        }
        assertThat(pair.client().readCompletion().ok()).isTrue();
        byte[] got = new byte[500];
        sink.bytes().get(0, got);
        assertThat(got).isEqualTo(pattern(500, 9));
    }

    @Test
    void aConnectionThatEndsWhileRequestsAreLateFailsThem() throws Exception {
        Pair pair = connect();
        device.faults("send:late=10000000");
        List<WorkRequest> posted = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            WorkRequest request = send(pattern(100, i));
            posted.add(request);
            pair.clientQp().postSend(request);
        }
        pair.clientQp().abort(new ConnectionClosedException("enough"));
        for (WorkRequest request : posted) {
            assertThat(pair.client().sendCompletion()).isEqualTo(new Endpoint.Completion(request, false));
        }
        pair.server().end();
    }

    @Test
    void withoutWindowsAnExposureSaysSoAndTheConnectionGoesOn() throws Exception {
        Pair pair = connect();
        device.faults("alloc_mw");
        assertThatThrownBy(() -> pair.clientQp().expose(MemorySource.of(memory(10).bytes()), Access.REMOTE_READ))
                .isInstanceOf(ResourceLimitException.class).hasMessageContaining("no more memory windows");
        exchange(pair);
    }

    /** The peer's answer may be quicker than the return of the call that posted; the window is another's by then. */
    @Test
    void aWindowMayBeInvalidatedBeforeItsBindReturns() throws Exception {
        Pair pair = connect();
        Exposure first = pair.clientQp().expose(MemorySource.of(memory(10).bytes()), Access.REMOTE_READ);
        pair.server().whenReceived = (qp, buffer) -> qp.postSend(send(pattern(8, 2)).sendWithInvalidate(first.stag()));
        device.faults("return-send:late=500000:times=1");
        pair.clientQp().postSend(first.bindRequest().next(send(pattern(8, 1)).signaled(false)));
        assertThat(pair.client().message().invalidatedStag()).isEqualTo(first.stag());
        Exposure second = expose(pair.client(), MemorySource.of(memory(pattern(10, 3)).bytes()), Access.REMOTE_READ);
        Memory sink = memory(10);
        pair.serverQp().postSend(read(sink, 0, 10, second.stag(), second.offset()));
        assertThat(pair.server().readCompletion().ok()).isTrue();
    }

    @Test
    void memoryThatCannotBeRegisteredSaysWhatToRaise() {
        device.faults("reg_mr");
        assertThatThrownBy(() -> adapter.register(ByteBuffer.allocateDirect(100))).isInstanceOf(ResourceLimitException.class)
                .hasMessageContaining("ulimit -l");
    }

    /** Address, route, the request at the listener, the answer. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void aLostEventOfTheConnectionManagerIsATimeout(int after) throws Exception {
        Pair bystander = connect();
        try (Listener listener = listen(request -> request.accept(IMPATIENT, new Endpoint()))) {
            device.faults("lose-cm:times=1:after=" + after);
            CompletableFuture<QueuePair> result = connect(listener.localAddress(), IMPATIENT, unusedEndpoint());
            assertThatThrownBy(() -> result.get(20, TimeUnit.SECONDS)).cause().isInstanceOf(HandshakeTimeoutException.class);
        }
        exchange(bystander);
    }

    @Test
    void theRemovalOfTheDeviceEndsAllThatIsOnItAndItCanComeBack() throws Exception {
        List<Pair> pairs = List.of(connect(), connect(), connect());
        Listener listener = listen(request -> request.reject(new byte[0]));
        device.remove();
        for (Pair pair : pairs) {
            // One end may hear of the other's before.
            assertThat(pair.client().end() + " " + pair.server().end()).contains("soft0");
        }
        assertThatThrownBy(() -> listen(request -> request.reject(new byte[0]))).isInstanceOf(IOException.class)
                .hasMessageContaining("soft0");
        CompletableFuture<QueuePair> result = connect(listener.localAddress(), IMPATIENT, unusedEndpoint());
        assertThatThrownBy(() -> result.get(20, TimeUnit.SECONDS)).cause().isInstanceOf(IOException.class);
        adapter.close();
        assertThat(device.objects()).isEqualTo(before);
        device.putBack();
        adapter = provider().open(Configuration.of(settings()));
        exchange(connect());
    }
}
