// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.error.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopQueuePairTest.Counter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a request is answered, whatever its provider. */
@Timeout(60)
class IncomingRequestTest {

    private static final ConnectOptions OPTIONS = new ConnectOptions(null, 1000, new byte[0], 64, 1, 1, 1);
    private static final InetSocketAddress PEER = InetSocketAddress.createUnresolved("peer", 1);

    private static final class Fake extends IncomingRequest {

        final List<String> events = new ArrayList<>();
        final Members adapter;
        VerbsException end;
        boolean failing;

        Fake(TaskLoop loop, Members adapter, Members listener, Counters counters) {
            super(loop, adapter, listener, counters, Counter.FAILED, PEER, PEER);
            this.adapter = adapter;
        }

        @Override
        public byte[] privateData() {
            return new byte[0];
        }

        @Override
        protected void accepted(ConnectOptions options, QueuePairHandler handler) {
            events.add(isOver() ? "accepted too late" : "accepted");
            if (failing) {
                throw new AssertionError("of an acceptance, as the test wants it");
            }
        }

        @Override
        protected void rejected(byte[] privateData) {
            events.add("rejected");
            fail(new HandshakeException("rejected"));
        }

        @Override
        protected void fail(VerbsException cause) {
            if (finish()) {
                end = cause;
                events.add("failed");
                adapter.remove(this);
            }
        }
    }

    private final TaskLoop loop = new TaskLoop("requests");
    private final Members adapter = new Members();
    private final Members listener = new Members();
    private final Counters counters = Counters.process().child();
    private final Fake request = new Fake(loop, adapter, listener, counters);

    @BeforeEach
    void start() {
        loop.start();
        assertThat(request.join()).isTrue();
    }

    @AfterEach
    void stop() {
        loop.stop();
    }

    /** After all that was given to the loop before. */
    private void onLoop(Runnable task) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                task.run();
                done.complete(null);
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        done.get(60, TimeUnit.SECONDS);
    }

    private void awaitLoop() throws Exception {
        onLoop(() -> {});
    }

    @Test
    void itIsAnsweredOnce() throws Exception {
        request.accept(OPTIONS, null);
        assertThatThrownBy(() -> request.accept(OPTIONS, null)).isInstanceOf(IllegalStateException.class).hasMessageContaining("peer");
        assertThatThrownBy(() -> request.reject(new byte[0])).isInstanceOf(IllegalStateException.class);
        awaitLoop();
        assertThat(request.events).containsExactly("accepted");
    }

    @Test
    void aHandlerThatThrowsHasRejectedIt() throws Exception {
        onLoop(() -> request.ask(asked -> {
            throw new AssertionError("of a handler, as the test wants it");
        }));
        assertThat(request.events).containsExactly("rejected", "failed");
        assertThat(counters.get(Counter.FAILED)).isEqualTo(1);
        assertThat(adapter.count() + listener.count()).isZero();
        assertThatThrownBy(() -> request.accept(OPTIONS, null)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theAnswerOfAHandlerThatThrowsAfterwardsStands() throws Exception {
        onLoop(() -> request.ask(asked -> {
            asked.accept(OPTIONS, null);
            throw new IllegalStateException("of a handler, as the test wants it");
        }));
        awaitLoop();
        assertThat(request.events).containsExactly("accepted");
        assertThat(counters.get(Counter.FAILED)).isEqualTo(1);
    }

    @Test
    void anAnswerThatCannotBeCarriedOutEndsIt() throws Exception {
        request.failing = true;
        request.accept(OPTIONS, null);
        awaitLoop();
        assertThat(request.events).containsExactly("accepted", "failed");
        assertThat(request.end).hasMessageContaining("as the test wants it").isInstanceOf(HandshakeException.class);
        assertThat(counters.get(Counter.FAILED)).isEqualTo(1);
    }

    @Test
    void itsTimeIsBounded() throws Exception {
        CompletableFuture<Void> late = new CompletableFuture<>();
        onLoop(() -> request.limit(1, () -> late.complete(null)));
        late.get(60, TimeUnit.SECONDS);
    }

    @Test
    void whatIsOverHasNoTimeLimitAndIsNotAskedFor() throws Exception {
        CompletableFuture<Void> wrong = new CompletableFuture<>();
        CompletableFuture<Void> after = new CompletableFuture<>();
        onLoop(() -> {
            request.limit(20, () -> wrong.complete(null));
            request.fail(new HandshakeException("gone"));
            request.ask(asked -> wrong.complete(null));
            loop.schedule(40, () -> after.complete(null));
        });
        after.get(60, TimeUnit.SECONDS);
        assertThat(wrong).isNotDone();
    }

    @Test
    void theEndOfItsListenerEndsIt() throws Exception {
        listener.close(() -> {});
        // It has left the listener, and is about to leave the adapter.
        awaitLoop();
        assertThat(adapter.count()).isZero();
        assertThat(request.end).isInstanceOf(ConnectionClosedException.class);
        request.accept(OPTIONS, null);
        awaitLoop();
        assertThat(request.events).containsExactly("failed", "accepted too late");
        assertThat(new Fake(loop, adapter, listener, counters).join()).as("a later one").isFalse();
    }

    @Test
    void theEndOfTheAdapterEndsIt() throws Exception {
        adapter.close(() -> {});
        assertThat(request.end).isInstanceOf(AdapterClosedException.class);
    }

    @Test
    void aRejectionThatComesTooLateIsNone() throws Exception {
        onLoop(() -> request.fail(new HandshakeException("gone")));
        request.reject(new byte[0]);
        awaitLoop();
        assertThat(request.events).containsExactly("failed");
    }

    @Test
    void theListenerWaitsUntilItIsUp() throws Exception {
        CompletableFuture<Void> comingUp = new CompletableFuture<>();
        CompletableFuture<Void> go = new CompletableFuture<>();
        loop.execute(() -> request.comesUp(() -> {
            comingUp.complete(null);
            go.join();
        }));
        comingUp.get(60, TimeUnit.SECONDS);
        CompletableFuture<Void> closed = CompletableFuture.runAsync(() -> listener.close(() -> {}), task -> new Thread(task).start());
        try {
            assertThatThrownBy(() -> closed.get(200, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        } finally {
            go.complete(null);
        }
        closed.get(60, TimeUnit.SECONDS);
        awaitLoop();
        assertThat(request.events).as("it is up").isEmpty();
    }
}
