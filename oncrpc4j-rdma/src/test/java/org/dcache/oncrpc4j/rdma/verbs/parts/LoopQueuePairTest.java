// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.metrics.CounterName;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a connection ends, whatever its provider: with a network that is told what to do, on a loop that the test turns. */
@Timeout(60)
class LoopQueuePairTest {

    enum Counter implements CounterName {
        FAILED, OVERDUE;

        @Override
        public String group() {
            return "parts";
        }

        @Override
        public Severity severity() {
            return Severity.PROBLEM;
        }
    }

    /** Turned by the test. */
    private static final class StillLoop extends LoopWork {

        StillLoop() {
            super(1000);
        }

        @Override
        protected void wake() {}

        void turn() {
            runTasks();
            runTimers();
        }
    }

    private static final class Fake extends LoopQueuePair {

        final List<String> events = new ArrayList<>();
        final StillLoop loop;
        boolean endsAtOnce = true;

        Fake(StillLoop loop, QueuePairHandler handler, Counters counters) {
            super(loop, handler, counters, Counter.FAILED, Counter.OVERDUE);
            this.loop = loop;
        }

        @Override
        protected void finish() {
            events.add(isDraining() ? "finish" : "finish without a limit");
        }

        @Override
        protected void teardown() {
            events.add("teardown");
            if (endsAtOnce) {
                tellEnd();
            }
        }

        @Override
        public ConnectionInfo info() {
            return null;
        }

        @Override
        public void postReceives(int count) {}

        @Override
        public void postSend(WorkRequest chain) {}

        @Override
        public Exposure expose(MemorySource memory, Access access) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean execute(Runnable task) {
            return loop.execute(task);
        }

        @Override
        public boolean inLoop() {
            return true;
        }
    }

    /** Notes what it hears, and throws at it where the test wants it to. */
    private static final class Noting implements QueuePairHandler {

        final List<String> heard = new ArrayList<>();
        VerbsException end;
        Throwable thrown;

        private void note(String event) {
            heard.add(event);
            if (thrown instanceof Error error) {
                throw error;
            }
            if (thrown != null) {
                throw (RuntimeException) thrown;
            }
        }

        @Override
        public void onEstablished(QueuePair queuePair) {
            note("established");
        }

        @Override
        public void onReceive(QueuePair queuePair, ReceiveBuffer buffer) {
            note("message");
        }

        @Override
        public void onSendCompletion(QueuePair queuePair, WorkRequest request, boolean ok) {
            note("sent");
        }

        @Override
        public void onReadCompletion(QueuePair queuePair, WorkRequest request, boolean ok) {
            note("read");
        }

        @Override
        public void onDisconnected(QueuePair queuePair, VerbsException cause) {
            end = cause;
            note("disconnected");
        }
    }

    private final StillLoop loop = new StillLoop();
    private final Counters counters = Counters.process().child();
    private final Noting handler = new Noting();
    private final Fake queuePair = new Fake(loop, handler, counters);

    @Test
    void theFirstCauseWinsAndTheTeardownComesOnce() {
        ConnectionClosedException first = new ConnectionClosedException("first");
        queuePair.disconnect(first);
        assertThat(queuePair.isOpen()).isFalse();
        queuePair.disconnect(new ConnectionClosedException("second"));
        queuePair.abort(new ConnectionClosedException("third"));
        queuePair.adapterClosed();
        assertThat(queuePair.events).as("before the loop's turn").isEmpty();
        loop.turn();
        assertThat(queuePair.events).containsExactly("finish", "teardown");
        assertThat(handler.end).isSameAs(first);
        assertThat(handler.heard).containsExactly("disconnected");
    }

    @Test
    void anEndInGoodOrderWaitsUntilThatIsDone() {
        queuePair.disconnect(new ConnectionClosedException("done"));
        loop.turn();
        assertThat(queuePair.events).containsExactly("finish");
        assertThat(queuePair.isDraining()).isTrue();
        queuePair.tearDown();
        assertThat(queuePair.isDraining()).isFalse();
        assertThat(queuePair.isTornDown()).isTrue();
        assertThat(counters.get(Counter.OVERDUE)).isZero();
    }

    @Test
    void nothingIsFinishedAfterTheTeardown() {
        queuePair.abort(new ConnectionClosedException("enough"));
        loop.turn();
        queuePair.disconnect(new ConnectionClosedException("late"));
        loop.turn();
        assertThat(queuePair.events).containsExactly("teardown");
    }

    @Test
    void anEndInGoodOrderThatTakesTooLongIsCutOffAndCounted() throws Exception {
        queuePair.disconnect(new ConnectionClosedException("done"));
        loop.turn();
        long end = System.nanoTime() + 30_000_000_000L;
        while (!queuePair.isTornDown() && System.nanoTime() < end) {
            Thread.sleep(20);
            loop.turn();
        }
        assertThat(queuePair.events).containsExactly("finish", "teardown");
        assertThat(counters.get(Counter.OVERDUE)).isEqualTo(1);
        assertThat(handler.end).hasMessage("done");
    }

    @Test
    void theAdaptersEndIsTheCauseWhereThereIsNone() {
        queuePair.adapterClosed();
        loop.turn();
        assertThat(handler.end).isInstanceOf(AdapterClosedException.class);
    }

    @Test
    void whateverAHandlerThrowsIsTheCauseOfTheEndAndIsCountedEachTime() {
        for (Throwable thrown : List.of(new IllegalStateException("of a handler, as the test wants it"),
                new AssertionError("of a handler, as the test wants it"))) {
            List<Runnable> calls = new ArrayList<>();
            Noting bad = new Noting();
            bad.thrown = thrown;
            Counters own = Counters.process().child();
            List<Fake> each = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                each.add(new Fake(loop, bad, own));
            }
            calls.add(each.get(0)::tellEstablished);
            calls.add(() -> each.get(1).tellReceived(null));
            calls.add(() -> each.get(2).tellCompleted(new WorkRequest().send().signaled(true), true));
            calls.add(() -> each.get(3).tellCompleted(new WorkRequest().read(1, 0).signaled(true), true));
            calls.add(() -> each.get(4).guarded("at a fence", () -> bad.note("fence")));
            calls.add(() -> each.get(5).failed("at something", thrown));
            calls.forEach(Runnable::run);
            loop.turn();
            assertThat(bad.heard).containsExactly("established", "message", "sent", "read", "fence", "disconnected", "disconnected",
                    "disconnected", "disconnected", "disconnected",
                    "disconnected");
            assertThat(each).allSatisfy(ended -> {
                assertThat(ended.events).containsExactly("teardown");
                assertThat(ended.cause()).isInstanceOf(ConnectionClosedException.class).hasMessageContaining("as the test wants it").cause()
                        .isSameAs(thrown);
            });
            assertThat(own.get(Counter.FAILED)).as("each, and each at its end").isEqualTo(12);
        }
    }

    @Test
    void aHandlerThatThrowsAtTheEndLeavesTheCauseAsItIs() {
        handler.thrown = new IllegalStateException("at the end, as the test wants it");
        queuePair.abort(new ConnectionClosedException("the cause"));
        loop.turn();
        loop.turn();
        assertThat(handler.end).hasMessage("the cause");
        assertThat(queuePair.events).containsExactly("teardown");
    }

    @Test
    void nobodyHearsOfARequestThatIsNotSignalled() {
        queuePair.tellCompleted(new WorkRequest().send(), true);
        assertThat(handler.heard).isEmpty();
    }
}
