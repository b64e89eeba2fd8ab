// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.scarce.Descriptors;
import org.dcache.oncrpc4j.rdma.scarce.DirectMemory;
import org.dcache.oncrpc4j.rdma.scarce.RefusedThreads;
import org.dcache.oncrpc4j.rdma.scarce.ScarceJvm;
import org.dcache.oncrpc4j.rdma.scarce.Steps;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeTimeoutException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every provider does when something runs out or a handler fails: the operation says so in words or recovers, another connection does
 * not notice, all loops live, and when it is over nothing is held that was not held before.
 *
 * <p>What is scarce for the whole JVM is made so in a JVM of its own ({@link ScarceJvm}), where the methods named {@code with…} run, and an
 * operation is made to fail at each of its {@link Steps}.
 */
@Timeout(400)
public abstract class ExhaustionSuite extends ProviderSuite {

    private static final long STEP = 64 << 10;
    private static final ConnectOptions IMPATIENT = new ConnectOptions(null, 1000, new byte[0], 4096, 64, 4, 4);

    /** A pair that is there all the time. */
    private void exchange(Pair bystander) {
        for (int size : new int[] {0, 100, 4096}) {
            bystander.clientQp().postSend(send(pattern(size, 1)));
            assertThat(bystander.server().message().data()).isEqualTo(pattern(size, 1));
            assertThat(bystander.client().sendCompletion().ok()).isTrue();
            bystander.serverQp().postReceives(1);
            bystander.serverQp().postSend(send(pattern(size, 2)));
            assertThat(bystander.client().message().data()).isEqualTo(pattern(size, 2));
            assertThat(bystander.server().sendCompletion().ok()).isTrue();
            bystander.clientQp().postReceives(1);
        }
    }

    /** But for those of a pool, which end when they are idle. */
    private static List<Thread> loops() {
        return Thread.getAllStackTraces().keySet().stream().filter(HelperThread.Loop.class::isInstance)
                .filter(thread -> !thread.getName().matches(".*-control-\\d+")).toList();
    }

    private Adapter open() throws VerbsException {
        return provider().open(Configuration.of(settings()));
    }

    /** All that the JDK and the provider load and open when they are first used. */
    private void once() throws Exception {
        openAdapter();
        exchange(connect());
        closeAdapter();
        // Pairs of an adapter that is closed are checked; the next ones are checked again with the next one.
        adapter = null;
    }

    private void needsProc() {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "descriptors are counted in /proc/self/fd, which this system has not");
    }

    // ---- descriptors

    @Test
    void descriptorsRunOutAtEachStepOfOpening() throws Exception {
        needsProc();
        ScarceJvm.ofDescriptors(400).run(getClass(), "withFewDescriptorsToOpen");
    }

    void withFewDescriptorsToOpen() throws Exception {
        once();
        Descriptors descriptors = new Descriptors();
        LeakLedger before = LeakLedger.snapshot();
        adapter = Steps.untilItWorks(descriptors::leave, descriptors, "open files", this::open);
        exchange(connect());
        closeAdapter();
        LeakLedger.assertNothingLeaked(before);
    }

    @Test
    void descriptorsRunOutAtEachStepOfListeningAndConnecting() throws Exception {
        needsProc();
        ScarceJvm.ofDescriptors(400).run(getClass(), "withFewDescriptorsToListenAndConnect");
    }

    void withFewDescriptorsToListenAndConnect() throws Exception {
        once();
        LeakLedger before = LeakLedger.snapshot();
        openAdapter();
        Pair bystander = connect();
        exchange(bystander);
        List<Thread> loops = loops();
        Descriptors descriptors = new Descriptors();
        Queue<Endpoint> servers = new ConcurrentLinkedQueue<>();
        Listener listener = Steps.untilItWorks(descriptors::leave, descriptors, "open files", () -> listen(request -> {
            Endpoint server = new Endpoint();
            servers.add(server);
            request.accept(IMPATIENT, server);
        }));
        LeakLedger listening = LeakLedger.snapshot();
        Endpoint client = Steps.untilItWorks(descriptors::leave, descriptors, "open files", () -> {
            Endpoint end = new Endpoint();
            await(connect(listener.localAddress(), IMPATIENT, end));
            exchange(bystander);
            return end;
        });
        client.queuePair().disconnect(new ConnectionClosedException("enough"));
        client.end();
        exchange(bystander);
        LeakLedger.assertNothingLeaked(listening);
        listener.close();
        assertThat(loops).isNotEmpty().allMatch(Thread::isAlive);
        closeAdapter();
        LeakLedger.assertNothingLeaked(before);
        assertThat(servers).allMatch(server -> server.disconnected.isDone()).allMatch(server -> server.violations.isEmpty());
    }

    /** What a connect ended with, as it is. */
    private static QueuePair await(CompletableFuture<QueuePair> connecting) throws IOException {
        try {
            return connecting.get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw new AssertionError(e);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError("a connect does not end", e);
        }
    }

    // ---- direct memory

    @Test
    void directMemoryRunsOutAtEachStepOfOpening() throws Exception {
        ScarceJvm.ofDirectMemory(32).run(getClass(), "withLittleDirectMemoryToOpen");
    }

    void withLittleDirectMemoryToOpen() throws Exception {
        once();
        LeakLedger before = LeakLedger.snapshot();
        DirectMemory memory = new DirectMemory();
        adapter = Steps.untilItWorks(steps -> memory.leave(steps * STEP), memory, "memory", this::open);
        exchange(connect());
        closeAdapter();
        LeakLedger.assertNothingLeaked(before);
    }

    @Test
    void connectionsGoOnWithTheDirectMemoryThatTheyHaveAndNewOnesWhenThereIsMore() throws Exception {
        ScarceJvm.ofDirectMemory(32).run(getClass(), "withoutDirectMemoryToConnect");
    }

    void withoutDirectMemoryToConnect() throws Exception {
        once();
        LeakLedger before = LeakLedger.snapshot();
        openAdapter();
        Pair bystander = connect();
        exchange(bystander);
        Memory content = memory(pattern(100, 3));
        List<Thread> loops = loops();
        DirectMemory memory = new DirectMemory();
        // A size that nobody has received yet: there is no buffer for it.
        byte[] data = new byte[Math.min(200, adapter.capabilities().maxPrivateData())];
        ConnectOptions larger = new ConnectOptions(null, 1000, data, 8192, 8, 4, 4);
        Queue<Endpoint> servers = new ConcurrentLinkedQueue<>();
        Endpoint client = new Endpoint();
        try (Listener listener = listen(request -> {
            Endpoint server = new Endpoint();
            servers.add(server);
            request.accept(larger, server);
        })) {
            memory.leave(0);
            boolean connected = true;
            try {
                await(connect(listener.localAddress(), larger, client));
                client.queuePair().postSend(new WorkRequest().send().add(content.view(0, 100), content.region()).signaled(true));
            } catch (IOException e) {
                assertThat(e).isNotInstanceOf(HandshakeTimeoutException.class).message().isNotBlank();
                connected = false;
            }
            for (int i = 0; i < 20; i++) {
                WorkRequest request = new WorkRequest().send().add(content.view(0, 100), content.region()).signaled(true);
                bystander.clientQp().postSend(request);
                assertThat(bystander.server().message().data()).isEqualTo(pattern(100, 3));
                succeeds(bystander.client().sendCompletion(), request);
                bystander.serverQp().postReceives(1);
            }
            memory.close();
            if (connected && client.queuePair().isOpen()) {
                assertThat(servers.peek().message().data()).isEqualTo(pattern(100, 3));
            }
            Endpoint next = new Endpoint();
            await(connect(listener.localAddress(), larger, next));
        }
        exchange(bystander);
        assertThat(loops).isNotEmpty().allMatch(Thread::isAlive);
        closeAdapter();
        LeakLedger.assertNothingLeaked(before);
        assertThat(servers).allMatch(server -> server.disconnected.isDone()).allMatch(server -> server.violations.isEmpty());
    }

    // ---- threads

    @Test
    void threadsRunOutAtEachStepOfOpeningAndConnectionsNeedNoMore() throws Exception {
        ScarceJvm.ofThreads().run(getClass(), "withFewThreads");
    }

    void withFewThreads() throws Exception {
        once();
        LeakLedger before = LeakLedger.snapshot();
        adapter = Steps.untilItWorks(RefusedThreads::allow, RefusedThreads::allowAll, "thread", this::open);
        List<Thread> loops = loops();
        RefusedThreads.allow(0);
        exchange(connect());
        List<Pair> pairs = new ArrayList<>();
        for (int receive : new int[] {512, 8192, 32768}) {
            Pair pair = connect(options(receive, 64), options(receive, 64));
            pairs.add(pair);
            for (int i = 0; i < 40; i++) {
                pair.clientQp().postSend(send(pattern(receive, i)));
            }
            for (int i = 0; i < 40; i++) {
                assertThat(pair.server().message().data()).isEqualTo(pattern(receive, i));
                assertThat(pair.client().sendCompletion().ok()).isTrue();
            }
        }
        RefusedThreads.allowAll();
        pairs.forEach(pair -> assertThat(pair.clientQp().isOpen()).isTrue());
        assertThat(loops).isNotEmpty().allMatch(Thread::isAlive);
        closeAdapter();
        LeakLedger.assertNothingLeaked(before);
    }

    // ---- what a connection may have

    @Test
    void exposuresRunOutAndCanBeMadeAgainWhenOneIsRevoked() throws Exception {
        Pair bystander = connect();
        Pair pair = connect();
        MemorySource source = MemorySource.of(memory(64).bytes());
        List<Exposure> exposures = new ArrayList<>();
        assertThatThrownBy(() -> {
            for (int i = 0; i < 1 << 20; i++) {
                exposures.add(pair.clientQp().expose(source, Access.REMOTE_WRITE));
            }
        }).isInstanceOf(VerbsException.class).message().isNotBlank();
        exchange(bystander);
        revoke(exposures.remove(exposures.size() - 1));
        expose(pair.client(), source, Access.REMOTE_WRITE);
        exchange(pair);
        pair.clientQp().abort(new ConnectionClosedException("enough"));
        pair.client().end();
        exchange(bystander);
    }

    @Test
    void connectionsForWhoseReceivesThereIsNoMemoryAreRefusedUntilOthersHaveEnded() throws Exception {
        assumeTrue(!adapter.capabilities().anyMemory(), "posted receives cost this provider no memory");
        adapter.close();
        adapter = provider().open(Configuration.of(Map.of(Settings.MEMORY.name(), "8m")));
        ConnectOptions large = options(8192, 128);
        Pair bystander = connect();
        List<Pair> pairs = new ArrayList<>();
        assertThatThrownBy(() -> {
            for (int i = 0; i < 64; i++) {
                pairs.add(tryConnect(large));
            }
        }).isInstanceOf(IOException.class).isNotInstanceOf(HandshakeTimeoutException.class).message().isNotBlank();
        assertThat(adapter.memory().used()).isBetween(adapter.memory().limit() / 4, adapter.memory().limit() / 2);
        exchange(bystander);
        pairs.forEach(this::exchange);
        Pair leaves = pairs.remove(0);
        leaves.clientQp().disconnect(new ConnectionClosedException("enough"));
        leaves.client().end();
        leaves.server().end();
        exchange(tryConnect(large));
    }

    /** A pair that is not there when it cannot be connected. */
    private Pair tryConnect(ConnectOptions options) throws IOException {
        Pair pair = new Pair(new Endpoint(), new Endpoint());
        try (Listener listener = listen(request -> request.accept(options, pair.server()))) {
            await(connect(listener.localAddress(), options, pair.client()));
            // It may be up a moment later than the client, and would end with its listener before.
            pair.server().queuePair();
        }
        return pair;
    }

    @Test
    void aPeerBeyondItsReceivesEndsItsConnectionOnly() throws Exception {
        Pair bystander = connect();
        Pair pair = connect(options(64, 4), options(64, 1));
        List<Thread> loops = loops();
        for (int i = 0; i < 2; i++) {
            pair.clientQp().postSend(send(pattern(8, i)));
        }
        assertThat(pair.server().end()).message().isNotBlank();
        assertThat(pair.client().end()).message().isNotBlank();
        exchange(bystander);
        assertThat(loops).isNotEmpty().allMatch(Thread::isAlive);
    }

    // ---- handlers

    /** Where a handler may fail. */
    enum Callback {
        ESTABLISHED,
        RECEIVE,
        SEND_COMPLETION,
        READ_COMPLETION,
        DISCONNECTED,
        CONNECTED
    }

    /** Fails in one of its callbacks, after it has noted the event. */
    private static final class Failing extends Endpoint {
        private final Callback where;
        private final Throwable with;

        Failing(Callback where, Throwable with) {
            this.where = where;
            this.with = with;
        }

        private void fail(Callback here) {
            if (here == where) {
                ExhaustionSuite.fail(with);
            }
        }

        @Override
        public void onEstablished(QueuePair queuePair) {
            super.onEstablished(queuePair);
            fail(Callback.ESTABLISHED);
        }

        @Override
        public void onReceive(QueuePair queuePair, ReceiveBuffer buffer) {
            super.onReceive(queuePair, buffer);
            fail(Callback.RECEIVE);
        }

        @Override
        public void onSendCompletion(QueuePair queuePair, WorkRequest request, boolean ok) {
            super.onSendCompletion(queuePair, request, ok);
            fail(Callback.SEND_COMPLETION);
        }

        @Override
        public void onReadCompletion(QueuePair queuePair, WorkRequest request, boolean ok) {
            super.onReadCompletion(queuePair, request, ok);
            fail(Callback.READ_COMPLETION);
        }

        @Override
        public void onDisconnected(QueuePair queuePair, VerbsException cause) {
            super.onDisconnected(queuePair, cause);
            fail(Callback.DISCONNECTED);
        }
    }

    private static void fail(Throwable with) {
        if (with instanceof Error e) {
            throw e;
        }
        throw (RuntimeException) with;
    }

    static Stream<Throwable> failures() {
        return Stream.of(new IllegalStateException("this trace belongs to the test"), new AssertionError("this trace belongs to the test"));
    }

    static Stream<Arguments> callbacks() {
        return failures().flatMap(failure -> Stream.of(Callback.values()).map(where -> Arguments.of(where, failure)));
    }

    /** At the server for what has a server; a connect listener is the client's. */
    @ParameterizedTest
    @MethodSource("callbacks")
    void aHandlerThatFailsEndsItsConnectionOnly(Callback where, Throwable with) throws Exception {
        Pair bystander = connect();
        exchange(bystander);
        LeakLedger before = LeakLedger.snapshot();
        List<Thread> loops = loops();
        Failing server = new Failing(where, with);
        Endpoint client = new Endpoint();
        try (Listener listener = listen(request -> request.accept(options(64, 8), server))) {
            connectFailing(listener.localAddress(), client, where == Callback.CONNECTED ? with : null);
            client.queuePair();
            provoke(client, server, where);
            assertThat(client.end()).message().isNotBlank();
            assertThat(server.end()).message().isNotBlank();
        }
        exchange(bystander);
        assertThat(client.violations).isEmpty();
        assertThat(server.violations).isEmpty();
        assertThat(loops).isNotEmpty().allMatch(Thread::isAlive);
        LeakLedger.assertNothingLeaked(before);
    }

    private void connectFailing(InetSocketAddress to, Endpoint client, Throwable with) {
        adapter.connect(to, options(64, 8), client, new ConnectListener() {
            @Override
            public void connected(QueuePair queuePair) {
                if (with != null) {
                    fail(with);
                }
            }

            @Override
            public void failed(IOException cause) {
                client.violations.add(cause.toString());
            }
        });
    }

    /** Has the callback called. */
    private void provoke(Endpoint client, Endpoint server, Callback where) {
        client.queuePair().postSend(send(pattern(8, 1)));
        switch (where) {
            case ESTABLISHED, RECEIVE, CONNECTED -> {}
            case SEND_COMPLETION -> {
                server.message();
                server.queuePair().postSend(send(pattern(8, 2)));
            }
            case READ_COMPLETION -> {
                server.message();
                Exposure readable = expose(client, MemorySource.of(memory(8).bytes()), Access.REMOTE_READ);
                server.queuePair().postSend(read(memory(8), 0, 8, readable.stag(), readable.offset()));
            }
            case DISCONNECTED -> client.queuePair().disconnect(new ConnectionClosedException("enough"));
        }
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aConnectListenerThatFailsHarmsNobody(Throwable with) throws Exception {
        Pair bystander = connect();
        LeakLedger before = LeakLedger.snapshot();
        InetSocketAddress nobody;
        try (Listener listener = listen(request -> request.reject(new byte[0]))) {
            nobody = listener.localAddress();
        }
        CompletableFuture<IOException> told = new CompletableFuture<>();
        adapter.connect(nobody, options(64, 8), unusedEndpoint(), new ConnectListener() {
            @Override
            public void connected(QueuePair queuePair) {
                told.completeExceptionally(new AssertionError("connected"));
            }

            @Override
            public void failed(IOException cause) {
                told.complete(cause);
                fail(with);
            }
        });
        assertThat(Endpoint.get(told)).message().isNotBlank();
        exchange(bystander);
        LeakLedger.assertNothingLeaked(before);
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aHandlerThatFailsAtAConnectionRequestEndsItOnly(Throwable with) throws Exception {
        Pair bystander = connect();
        LeakLedger before = LeakLedger.snapshot();
        List<Thread> loops = loops();
        try (Listener listener = listen(request -> fail(with))) {
            assertThatThrownBy(() -> await(connect(listener.localAddress(), IMPATIENT, unusedEndpoint()))).isInstanceOf(IOException.class);
        }
        exchange(bystander);
        assertThat(loops).isNotEmpty().allMatch(Thread::isAlive);
        LeakLedger.assertNothingLeaked(before);
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aTaskThatFailsHarmsNobody(Throwable with) throws Exception {
        Pair pair = connect();
        assertThat(pair.clientQp().execute(() -> fail(with))).isTrue();
        exchange(pair);
    }
}
