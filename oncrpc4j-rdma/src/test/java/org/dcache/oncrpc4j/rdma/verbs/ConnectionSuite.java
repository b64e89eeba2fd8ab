// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeTimeoutException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerRejectedException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections coming and going as every provider must do it. */
public abstract class ConnectionSuite extends ProviderSuite {

    private static ConnectOptions withPrivateData(byte[] data) {
        return new ConnectOptions(null, TIMEOUT_MILLIS, data, 64, 4, 4, 4);
    }

    @Test
    @Tag("conformance-73")
    void bothSidesSeeThePeersPrivateData() throws Exception {
        Capabilities c = adapter.capabilities();
        assumeTrue(c.privateDataReadable() && c.privateDataOnAccept(), "private data cannot be read");
        Endpoint server = endpoint();
        Endpoint client = endpoint();
        byte[] mine = pattern(c.maxPrivateData(), 1);
        CompletableFuture<byte[]> seen = new CompletableFuture<>();
        try (Listener l = listen(request -> {
            seen.complete(request.privateData());
            request.accept(withPrivateData(pattern(8, 2)), server);
        })) {
            Endpoint.get(connect(l.localAddress(), withPrivateData(mine), client));
            server.queuePair();
        }
        assertThat(Endpoint.get(seen)).isEqualTo(mine);
        assertThat(server.queuePair().info().peerPrivateData()).isEqualTo(mine);
        byte[] answer = client.queuePair().info().peerPrivateData();
        assertThat(answer).startsWith(pattern(8, 2));
        assertThat(Arrays.copyOfRange(answer, 8, answer.length)).as("padding").isEqualTo(new byte[answer.length - 8]);
    }

    @Test
    void infoNamesBothAddresses() throws Exception {
        Pair pair = connect();
        ConnectionInfo client = pair.clientQp().info();
        ConnectionInfo server = pair.serverQp().info();
        assertThat(client.provider()).isEqualTo(provider().name());
        assertThat(client.local().getAddress()).isEqualTo(address());
        assertThat(client.remote()).isEqualTo(server.local());
        assertThat(client.local()).isEqualTo(server.remote());
        assertThat(client.checksum()).isEqualTo(server.checksum());
    }

    @Test
    @Tag("conformance-89")
    void readDepthsAreAgreedToTheSmallerOffer() throws Exception {
        assumeTrue(adapter.capabilities().privateDataReadable(), "nothing of the peer's part of the handshake can be read");
        Pair pair = connect(options(64, 4, 5, 30), options(64, 4, 20, 9));
        assertThat(pair.clientQp().info().outboundReads()).isLessThanOrEqualTo(20);
        assertThat(pair.serverQp().info().outboundReads()).isLessThanOrEqualTo(5);
        assertThat(pair.clientQp().info().inboundReads())
                .isGreaterThanOrEqualTo(pair.serverQp().info().outboundReads());
        assertThat(pair.serverQp().info().inboundReads())
                .isGreaterThanOrEqualTo(pair.clientQp().info().outboundReads());
    }

    @Test
    @Tag("conformance-78")
    void aRejectionCarriesPrivateData() throws Exception {
        assumeTrue(adapter.capabilities().privateDataReadable(), "nothing of the peer's part of the handshake can be read");
        try (Listener l = listen(request -> request.reject(pattern(20, 1)))) {
            CompletableFuture<QueuePair> result = connect(l.localAddress(), options(64, 4), unusedEndpoint());
            assertThatThrownBy(() -> result.get(20, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOfSatisfying(PeerRejectedException.class,
                            e -> assertThat(e.privateData()).startsWith(pattern(20, 1)));
        }
    }

    @Test
    void nobodyListeningIsConnectionRefused() throws Exception {
        InetSocketAddress free;
        try (Listener l = listen(request -> request.reject(new byte[0]))) {
            free = l.localAddress();
        }
        CompletableFuture<QueuePair> result = connect(free, options(64, 4), unusedEndpoint());
        assertThatThrownBy(() -> result.get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(ConnectException.class)
                .hasMessageStartingWith("Connection refused");
    }

    @Test
    @Tag("conformance-80")
    void anAnswerThatDoesNotComeInTimeIsATimeout() throws Exception {
        List<ConnectionRequest> waiting = new ArrayList<>();
        try (Listener l = listen(waiting::add)) {
            ConnectOptions hasty = new ConnectOptions(null, 300, new byte[0], 64, 4, 4, 4);
            CompletableFuture<QueuePair> result = connect(l.localAddress(), hasty, unusedEndpoint());
            assertThatThrownBy(() -> result.get(20, TimeUnit.SECONDS)).cause().isInstanceOf(HandshakeTimeoutException.class);
        }
    }

    @Test
    void anAnswerMayComeLaterAndFromAnotherThread() throws Exception {
        CompletableFuture<ConnectionRequest> asked = new CompletableFuture<>();
        try (Listener l = listen(asked::complete)) {
            Endpoint client = endpoint();
            Endpoint server = endpoint();
            CompletableFuture<QueuePair> connected = connect(l.localAddress(), options(64, 4), client);
            ConnectionRequest request = Endpoint.get(asked);
            assertThat(connected).isNotDone();
            request.accept(options(64, 4), server);
            Endpoint.get(connected).postSend(send(pattern(5, 5)));
            assertThat(server.message().data()).isEqualTo(pattern(5, 5));
        }
    }

    @Test
    void aClosedListenersPortCanBeUsedAtOnce() throws Exception {
        for (int i = 0; i < 20; i++) {
            Listener first = listen(request -> request.reject(new byte[0]));
            InetSocketAddress address = first.localAddress();
            first.close();
            first.close();
            adapter.listen(address, 8, request -> request.reject(new byte[0])).close();
        }
    }

    @Test
    void aTakenPortIsNamedInTheError() throws Exception {
        try (Listener l = listen(request -> request.reject(new byte[0]))) {
            assertThatThrownBy(() -> adapter.listen(l.localAddress(), 8, request -> request.reject(new byte[0])))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(Integer.toString(l.localAddress().getPort()));
        }
    }

    @Test
    void aListenerAtAllAddressesOfIpv6TakesIpv4OnlyIfItSaysSo() throws Exception {
        assumeTrue(adapter.capabilities().ipv6() && address() instanceof Inet4Address, "not for a provider, or an address, of one family");
        assumeTrue(NetworkInterface.getByInetAddress(InetAddress.getByName("::1")) != null, "this machine has no ::1");
        AtomicInteger requests = new AtomicInteger();
        try (Listener l = adapter.listen(new InetSocketAddress("::", 0), 8, request -> {
            requests.incrementAndGet();
            request.reject(new byte[0]);
        })) {
            InetSocketAddress to = new InetSocketAddress(address(), l.localAddress().getPort());
            CompletableFuture<QueuePair> result = connect(to, options(64, 4), unusedEndpoint());
            // Soft RoCE rejects what no listener takes, when there is one of the other family; other devices refuse it.
            assertThatThrownBy(() -> Endpoint.get(result)).hasRootCauseInstanceOf(IOException.class);
            assertThat(requests).hasValue(l.isDualStack() ? 1 : 0);
        }
    }

    @Test
    void connectionsOutliveTheirListener() throws Exception {
        Pair pair = connect();
        pair.clientQp().postSend(send(pattern(6, 6)));
        assertThat(pair.server().message().data()).isEqualTo(pattern(6, 6));
    }

    @Test
    void whenAListenerHasClosedNoRequestOfItIsToldAndNoConnectionOfItComesUp() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        List<String> late = new CopyOnWriteArrayList<>();
        for (int round = 0; round < 10; round++) {
            over.set(false);
            List<Endpoint> servers = new CopyOnWriteArrayList<>();
            Listener l = listen(request -> {
                if (over.get()) {
                    late.add("a request");
                }
                Endpoint server = new Endpoint() {
                    @Override
                    public void onEstablished(QueuePair queuePair) {
                        if (over.get()) {
                            late.add("a connection");
                        }
                        super.onEstablished(queuePair);
                    }
                };
                servers.add(server);
                request.accept(options(64, 4), server);
            });
            List<CompletableFuture<QueuePair>> connects = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                connects.add(connect(l.localAddress(), options(64, 4), unusedEndpoint()));
            }
            if (round % 2 == 0) {
                Endpoint.get(CompletableFuture.anyOf(connects.toArray(CompletableFuture[]::new)));
            }
            l.close();
            over.set(true);
            for (CompletableFuture<QueuePair> connect : connects) {
                connect.handle((up, problem) -> null).get(20, TimeUnit.SECONDS);
            }
            // Those that came up stay, the others hear of their end.
            assertThat(servers).allSatisfy(server -> CompletableFuture.anyOf(server.established, server.disconnected)
                    .get(20, TimeUnit.SECONDS));
        }
        assertThat(late).as("after the close").isEmpty();
    }

    @Test
    void closingAListenerEndsAHandshakeThatWaitsForAnAnswer() throws Exception {
        CompletableFuture<ConnectionRequest> asked = new CompletableFuture<>();
        Listener l = listen(asked::complete);
        CompletableFuture<QueuePair> connect = connect(l.localAddress(), options(64, 4), unusedEndpoint());
        ConnectionRequest request = Endpoint.get(asked);
        l.close();
        assertThatThrownBy(() -> connect.get(10, TimeUnit.SECONDS)).as("at once").isInstanceOf(ExecutionException.class).cause()
                .isNotInstanceOf(HandshakeTimeoutException.class);
        Endpoint tooLate = unusedEndpoint();
        request.accept(options(64, 4), tooLate);
        assertThat(tooLate.end()).isInstanceOf(VerbsException.class);
        assertThat(tooLate.established).isNotDone();
        assertThat(tooLate.violations).isEmpty();
    }

    @Test
    void aListenerCanBeClosedByTheHandlerOfItsRequests() throws Exception {
        CompletableFuture<Listener> listening = new CompletableFuture<>();
        CompletableFuture<Void> closed = new CompletableFuture<>();
        Listener l = listen(request -> {
            Endpoint.get(listening).close();
            closed.complete(null);
        });
        listening.complete(l);
        CompletableFuture<QueuePair> connect = connect(l.localAddress(), options(64, 4), unusedEndpoint());
        Endpoint.get(closed);
        assertThatThrownBy(() -> connect.get(10, TimeUnit.SECONDS)).as("at once").isInstanceOf(ExecutionException.class).cause()
                .isNotInstanceOf(HandshakeTimeoutException.class);
        l.close();
        adapter.listen(l.localAddress(), 8, request -> request.reject(new byte[0])).close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aHandlerOfRequestsThatThrowsHasRejectedThisOneOnly(boolean error) throws Exception {
        AtomicBoolean fails = new AtomicBoolean(true);
        Endpoint server = endpoint();
        try (Listener l = listen(request -> {
            if (fails.getAndSet(false)) {
                throwIt(error);
            }
            request.accept(options(64, 4), server);
        })) {
            CompletableFuture<QueuePair> first = connect(l.localAddress(), options(64, 4), unusedEndpoint());
            assertThatThrownBy(() -> first.get(10, TimeUnit.SECONDS)).as("at once").isInstanceOf(ExecutionException.class).cause()
                    .isNotInstanceOf(HandshakeTimeoutException.class);
            Endpoint.get(connect(l.localAddress(), options(64, 4), endpoint()));
            server.queuePair();
        }
    }

    private static void throwIt(boolean error) {
        if (error) {
            throw new AssertionError("an error, as the test wants it");
        }
        throw new IllegalStateException("an exception, as the test wants it");
    }

    /** Throws from one callback. */
    private final class Throwing extends Endpoint {

        private final String where;
        private final boolean error;

        Throwing(String where, boolean error) {
            this.where = where;
            this.error = error;
        }

        private void at(String callback) {
            if (where.equals(callback)) {
                throwIt(error);
            }
        }

        @Override
        public void onEstablished(QueuePair queuePair) {
            super.onEstablished(queuePair);
            at("established");
        }

        @Override
        public void onReceive(QueuePair queuePair, ReceiveBuffer buffer) {
            super.onReceive(queuePair, buffer);
            at("receive");
        }

        @Override
        public void onSendCompletion(QueuePair queuePair, WorkRequest request, boolean ok) {
            super.onSendCompletion(queuePair, request, ok);
            at("send completion");
        }

        @Override
        public void onReadCompletion(QueuePair queuePair, WorkRequest request, boolean ok) {
            super.onReadCompletion(queuePair, request, ok);
            at("read completion");
        }

        @Override
        public void onDisconnected(QueuePair queuePair, VerbsException cause) {
            super.onDisconnected(queuePair, cause);
            at("disconnected");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"established", "receive", "send completion", "read completion", "disconnected"})
    void aHandlerThatThrowsEndsItsOwnConnectionWithThatAndNoOther(String where) throws Exception {
        Pair bystander = connect();
        for (boolean error : new boolean[] {false, true}) {
            Throwing failing = new Throwing(where, error);
            try (Listener l = listen(request -> request.accept(options(64, 8), failing))) {
                Endpoint client = new Endpoint();
                // A client that hears of the end before it is connected has lost nothing either.
                QueuePair peer = connect(l.localAddress(), options(64, 8), client).exceptionally(e -> null).get(20, TimeUnit.SECONDS);
                QueuePair qp = failing.queuePair();
                if (where.equals("established")) {
                    assertThat(failing.end()).isInstanceOf(ConnectionClosedException.class);
                } else {
                    peer.postSend(send(pattern(4, 1)));
                    failing.message();
                    switch (where) {
                        case "send completion" -> qp.postSend(send(pattern(4, 2)));
                        case "read completion" -> {
                            Exposure exposure = expose(client, MemorySource.of(memory(8).bytes()), Access.REMOTE_READ);
                            qp.postSend(read(memory(8), 0, 8, exposure.stag(), exposure.offset()));
                        }
                        case "disconnected" -> qp.abort(new ConnectionClosedException("thrown at"));
                        default -> {
                            // The message is enough.
                        }
                    }
                }
                VerbsException end = failing.end();
                assertThat(end).isInstanceOf(ConnectionClosedException.class);
                if (!where.equals("disconnected")) {
                    assertThat(end).hasMessageContaining("as the test wants it").cause()
                            .isInstanceOf(error ? AssertionError.class : IllegalStateException.class);
                }
                if (peer != null) {
                    client.end();
                }
                assertThat(failing.violations).isEmpty();
            }
            bystander.clientQp().postSend(send(pattern(6, 6)));
            assertThat(bystander.server().message().data()).isEqualTo(pattern(6, 6));
            bystander.serverQp().postReceives(1);
        }
    }

    @Test
    @Tag("conformance-106")
    void disconnectSendsWhatWasPostedAndKeepsTheFirstCause() throws Exception {
        Pair pair = connect(options(64, 200), options(64, 200));
        for (int i = 0; i < 100; i++) {
            pair.clientQp().postSend(send(pattern(20, i)));
        }
        ConnectionClosedException cause = new ConnectionClosedException("test is over");
        pair.clientQp().disconnect(cause);
        pair.clientQp().disconnect(new ConnectionClosedException("second"));
        assertThat(pair.clientQp().isOpen()).isFalse();
        for (int i = 0; i < 100; i++) {
            assertThat(pair.server().message().data()).isEqualTo(pattern(20, i));
            assertThat(pair.client().sendCompletion().ok()).isTrue();
        }
        assertThat(pair.client().end()).isSameAs(cause);
        assertThat(pair.server().end()).isInstanceOf(PeerClosedException.class);
        assertThat(pair.client().sends).isEmpty();
    }

    @Test
    @Tag("conformance-106")
    void everyPostedRequestCompletesOnceWhenTheConnectionIsAborted() throws Exception {
        Pair pair = connect(options(64, 4), options(1 << 20, 4));
        int sends = 20;
        List<WorkRequest> posted = new ArrayList<>();
        Memory memory = memory(1 << 20);
        Exposure exposure = expose(pair.server(), MemorySource.of(memory(1 << 20).bytes()), Access.REMOTE_WRITE);
        for (int i = 0; i < sends; i++) {
            WorkRequest write = new WorkRequest().write(exposure.stag(), exposure.offset())
                    .add(memory.view(0, 1 << 20), memory.region()).signaled(true);
            posted.add(write);
            pair.clientQp().postSend(write);
        }
        Memory sink = memory(100);
        WorkRequest read = read(sink, 0, 100, 77, 0);
        pair.clientQp().postSend(read);
        pair.clientQp().abort(new ConnectionClosedException("enough"));
        for (WorkRequest write : posted) {
            assertThat(pair.client().sendCompletion().request()).isSameAs(write);
        }
        assertThat(pair.client().readCompletion().request()).isSameAs(read);
        pair.client().end();
        pair.server().end();
        assertThat(pair.client().sends).isEmpty();
        assertThat(pair.client().reads).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"disconnect", "abort", "peer disconnects", "peer aborts"})
    @Tag("conformance-106")
    void requestsOfManyThreadsCompleteExactlyOnceHoweverTheConnectionEnds(String how) throws Exception {
        int threads = 3;
        for (int round = 0; round < 10; round++) {
            Pair pair = connect(options(64, 20_000, 4, 4), options(64, 20_000, 4, 4));
            Memory memory = memory(40_000);
            Exposure writable = expose(pair.server(), MemorySource.of(memory(40_000).bytes()), Access.REMOTE_WRITE);
            Exposure readable = expose(pair.server(), MemorySource.of(memory(40_000).bytes()), Access.REMOTE_READ);
            Set<WorkRequest> posted = ConcurrentHashMap.newKeySet();
            List<Thread> posters = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                Thread poster = new Thread(() -> {
                    for (int i = 0; i < 150 || pair.clientQp().isOpen() && i < 3000; i++) {
                        WorkRequest request = switch (i % 3) {
                            case 0 -> new WorkRequest().send().add(memory.view(0, 20), memory.region());
                            case 1 -> new WorkRequest().write(writable.stag(), writable.offset())
                                    .add(memory.view(0, i % 40_000), memory.region());
                            default -> new WorkRequest().read(readable.stag(), readable.offset()).add(memory.view(0, 100), memory.region());
                        };
                        posted.add(request.signaled(true));
                        pair.clientQp().postSend(request);
                    }
                });
                posters.add(poster);
                poster.start();
            }
            int enough = 50 * round;
            while (pair.client().sends.size() < enough && pair.clientQp().isOpen()
                    && posters.stream().anyMatch(Thread::isAlive)) {
                Thread.onSpinWait();
            }
            ConnectionClosedException cause = new ConnectionClosedException(how);
            switch (how) {
                case "disconnect" -> pair.clientQp().disconnect(cause);
                case "abort" -> pair.clientQp().abort(cause);
                case "peer disconnects" -> pair.serverQp().disconnect(cause);
                default -> pair.serverQp().abort(cause);
            }
            for (Thread poster : posters) {
                poster.join();
            }
            pair.client().end();
            pair.server().end();
            Set<WorkRequest> completed = new HashSet<>();
            while (completed.size() < posted.size()) {
                Endpoint.Completion next = pair.client().anyCompletion();
                assertThat(completed.add(next.request())).as("completed twice").isTrue();
            }
            assertThat(completed).isEqualTo(posted);
            assertThat(pair.client().sends).isEmpty();
            assertThat(pair.client().reads).isEmpty();
        }
    }

    @Test
    void everyPostedRequestCompletesBeforeTheEndIsReported() throws Exception {
        Pair pair = connect();
        CompletableFuture<Integer> completedBefore = pair.client().disconnected.thenApply(e -> pair.client().sends.size());
        for (int i = 0; i < 5; i++) {
            pair.clientQp().postSend(send(pattern(20, i)));
        }
        pair.clientQp().abort(new ConnectionClosedException("enough"));
        assertThat(Endpoint.get(completedBefore)).isEqualTo(5);
    }

    @Test
    void requestsPostedAfterTheEndFail() throws Exception {
        Pair pair = connect();
        pair.clientQp().abort(new ConnectionClosedException("enough"));
        pair.client().end();
        WorkRequest first = send(pattern(4, 1)).signaled(false);
        WorkRequest last = send(pattern(4, 2));
        pair.clientQp().postSend(first.next(last));
        assertThat(pair.client().sendCompletion()).isEqualTo(new Endpoint.Completion(last, false));
        WorkRequest read = read(memory(8), 0, 8, 5, 0);
        pair.clientQp().postSend(read);
        assertThat(pair.client().readCompletion()).isEqualTo(new Endpoint.Completion(read, false));
        assertThat(pair.client().sends).isEmpty();
    }

    @Test
    void exposuresAreRevokedWhenTheConnectionEnds() throws Exception {
        Pair pair = connect();
        Exposure exposure = expose(pair.client(), MemorySource.of(memory(10).bytes()), Access.REMOTE_WRITE);
        pair.serverQp().abort(new ConnectionClosedException("enough"));
        pair.client().end();
        assertThat(exposure.revoke(() -> {})).isTrue();
    }

    @Test
    void tasksRunOnTheLoopInOrderAlsoAfterTheEnd() throws Exception {
        Pair pair = connect();
        QueuePair qp = pair.clientQp();
        List<Integer> order = new ArrayList<>();
        CountDownLatch done = new CountDownLatch(1);
        qp.abort(new ConnectionClosedException("enough"));
        pair.client().end();
        assertThat(qp.inLoop()).isFalse();
        for (int i = 0; i < 100; i++) {
            int n = i;
            assertThat(qp.execute(() -> {
                order.add(qp.inLoop() ? n : -1);
                if (n == 99) {
                    done.countDown();
                }
            })).isTrue();
        }
        assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(order).hasSize(100).isSorted().doesNotContain(-1);
        adapter.close();
        assertThat(qp.execute(() -> {})).isFalse();
    }

    @Test
    void closingTheAdapterEndsEverythingAndStaysSilent() throws Exception {
        Pair pair = connect();
        Listener l = listen(request -> request.reject(new byte[0]));
        adapter.close();
        assertThat(pair.client().disconnected).isCompletedWithValueMatching(e -> e instanceof VerbsException);
        assertThat(pair.server().disconnected).isDone();
        assertThat(pair.client().established).isDone();
        adapter.close();
        l.close();
        assertThatThrownBy(() -> listen(request -> request.reject(new byte[0]))).isInstanceOf(IOException.class);
    }

    @Test
    void hundredsOfConnectionsComeAndGo() throws Exception {
        Endpoint[] servers = new Endpoint[200];
        int[] next = new int[1];
        try (Listener l = listen(request -> {
            Endpoint server = endpoint();
            servers[next[0]++] = server;
            request.accept(options(64, 4), server);
        })) {
            for (int i = 0; i < 200; i++) {
                Endpoint client = endpoint();
                QueuePair qp = Endpoint.get(connect(l.localAddress(), options(64, 4), client));
                qp.postSend(send(pattern(10, i)));
                assertThat(client.sendCompletion().ok()).isTrue();
                qp.disconnect(new ConnectionClosedException("next"));
                client.end();
            }
        }
        for (int i = 0; i < 200; i++) {
            assertThat(servers[i].message().data()).isEqualTo(pattern(10, i));
            assertThat(servers[i].end()).isInstanceOf(PeerClosedException.class);
        }
    }
}
