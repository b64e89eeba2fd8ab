// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Device;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.ReceivePool;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.Endpoint;
import org.dcache.oncrpc4j.rdma.verbs.Listener;
import org.dcache.oncrpc4j.rdma.verbs.ProviderSuite;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.ProtocolViolationException;
import org.junit.jupiter.api.Test;

/**
 * Accepted connections that share the receives of a small queue, on an InfiniBand or RoCE device; without one the tests are skipped with
 * the provider's reason.
 */
class RdmaCoreSharedReceivesTest extends ProviderSuite implements RdmaCoreUnderTest {

    private static final int DEPTH = 16;
    private static final int CREDITS = 64;
    /** Of the accepting side only, so that its pool is. */
    private static final int RECEIVE_SIZE = 192;

    @Override
    protected Map<String, String> settings() {
        return Map.of("oncrpc.rdma.rdma-core.srq", "on", "oncrpc.rdma.rdma-core.srq-depth", "" + DEPTH);
    }

    private RdmaCoreAdapter core() {
        return (RdmaCoreAdapter) adapter;
    }

    private ReceivePool pool() {
        Device device = core().devices().get(0);
        return core().receivePool(device, RECEIVE_SIZE);
    }

    private static ConnectOptions server(int credits) {
        return options(RECEIVE_SIZE, credits);
    }

    private Pair pair(int credits) throws IOException {
        return connect(options(128, 8), server(credits));
    }

    private void sendAll(Pair pair, int from, int to) {
        for (int i = from; i < to; i++) {
            pair.clientQp().postSend(send(pattern(40, i)));
        }
    }

    private static void allArrive(Pair pair, int from, int to) {
        for (int i = from; i < to; i++) {
            assertThat(pair.server().message().data()).isEqualTo(pattern(40, i));
        }
    }

    @Test
    void theyAreShared() throws Exception {
        assertThat(adapter.capabilities().sharedReceiveQueue()).isTrue();
        pair(CREDITS);
        pair(CREDITS);
        assertThat(core().counters().get(RdmaCoreCounter.SRQ_MADE)).isEqualTo(1);
        assertThat(pool().lent()).as("buffers for two connections of %d credits", CREDITS).isLessThan(CREDITS);
    }

    /** Eight times 64 credits on 16 receives: where none is left the peer is told to try again. */
    @Test
    void allMessagesOfAllConnectionsArrive() throws Exception {
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            pairs.add(pair(CREDITS));
        }
        List<Thread> senders = new ArrayList<>();
        for (Pair pair : pairs) {
            Thread sender = new Thread(() -> sendAll(pair, 0, CREDITS));
            senders.add(sender);
            sender.start();
        }
        for (Thread sender : senders) {
            sender.join();
        }
        for (Pair pair : pairs) {
            allArrive(pair, 0, CREDITS);
            assertThat(pair.serverQp().isOpen()).isTrue();
        }
    }

    @Test
    void aHandlerThatHoldsItsMessagesHoldsUpNobodyElse() throws Exception {
        Pair slow = pair(CREDITS);
        Pair quick = pair(CREDITS);
        slow.server().hold = true;
        sendAll(slow, 0, CREDITS);
        for (int i = 0; i < CREDITS; i++) {
            assertThat(slow.client().sendCompletion().ok()).isTrue();
        }
        sendAll(quick, 0, CREDITS);
        allArrive(quick, 0, CREDITS);
        for (int i = 0; i < CREDITS; i++) {
            slow.server().heldMessage().release();
        }
    }

    @Test
    void aPeerThatSendsBeyondItsCreditsEndsAlone() throws Exception {
        Pair flood = pair(4);
        Pair honest = pair(CREDITS);
        honest.server().whenReceived = (qp, buffer) -> qp.postReceives(1);
        sendAll(honest, 0, CREDITS / 2);
        sendAll(flood, 0, 250);
        sendAll(honest, CREDITS / 2, CREDITS);

        assertThat(flood.server().end()).isInstanceOf(ProtocolViolationException.class)
                .hasMessageContaining("more messages than it had credits for");
        flood.client().end();
        assertThat(flood.server().messages).hasSize(4);
        allArrive(honest, 0, CREDITS);
        sendAll(honest, CREDITS, 2 * CREDITS);
        allArrive(honest, CREDITS, 2 * CREDITS);
        assertThat(honest.serverQp().isOpen()).isTrue();
        assertThat(core().counters().get(RdmaCoreCounter.OVERSENT)).isEqualTo(1);
    }

    /** In some a message is under way when they end, so that the device may have one of the receives in its hands. */
    @Test
    void connectionsThatComeAndGoTakeNothingWithThem() throws Exception {
        Pair stays = pair(CREDITS);
        stays.server().whenReceived = (qp, buffer) -> qp.postReceives(1);
        List<Endpoint> servers = new CopyOnWriteArrayList<>();
        try (Listener l = listen(request -> {
            // Some peers are gone before they are there.
            Endpoint server = new Endpoint();
            servers.add(server);
            request.accept(server(CREDITS), server);
        })) {
            for (int i = 0; i < 3 * DEPTH; i++) {
                Endpoint client = endpoint();
                QueuePair qp = Endpoint.get(connect(l.localAddress(), options(128, 8), client));
                WorkRequest first = send(pattern(150, i));
                first.next(send(pattern(150, i)).next(send(pattern(150, i))));
                qp.postSend(first);
                if (i % 2 == 0) {
                    assertThat(client.sendCompletion().ok()).isTrue();
                    assertThat(client.sendCompletion().ok()).isTrue();
                    assertThat(client.sendCompletion().ok()).isTrue();
                }
                qp.abort(new ConnectionClosedException("next"));
                client.end();
            }
        }
        assertThat(servers).hasSize(3 * DEPTH);
        servers.forEach(Endpoint::end);
        sendAll(stays, 0, CREDITS);
        allArrive(stays, 0, CREDITS);
        stays.clientQp().disconnect(new ConnectionClosedException("done"));
        stays.server().end();

        assertThat(pool().lent()).as("buffers that are neither in the pool nor with anybody").isZero();
    }
}
