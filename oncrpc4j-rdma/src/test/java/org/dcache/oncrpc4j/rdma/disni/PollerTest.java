// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.ibm.disni.verbs.IbvCQ;
import com.ibm.disni.verbs.IbvWC;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.error.DeviceErrorException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The loop of DiSNI's connections, over a device that is none and does as it is told. */
@Timeout(60)
class PollerTest {

    private static final int SECONDS = 20;

    /** Completions and their event, as a device has them. */
    private static final class FakeCompletions implements CompletionSource {

        private static final int BATCH = 8;

        private final ConcurrentLinkedQueue<Long> completions = new ConcurrentLinkedQueue<>();
        private final Semaphore events = new Semaphore(0);
        private final IbvWC[] entries = new IbvWC[BATCH];
        private volatile boolean armed;
        private volatile Throwable pollFails;
        private volatile IOException waitFails;
        private volatile int destroyed;

        void complete(int member, int work) {
            completions.add((long) member << 32 | work);
            if (armed) {
                armed = false;
                events.release();
            }
        }

        @Override
        public IbvCQ cq() {
            return null;
        }

        @Override
        public int capacity() {
            return 1000;
        }

        @Override
        public int poll() throws IOException {
            if (pollFails instanceof IOException io) {
                throw io;
            } else if (pollFails instanceof Error error) {
                throw error;
            } else if (pollFails != null) {
                throw (RuntimeException) pollFails;
            }
            int found = 0;
            while (found < BATCH && !completions.isEmpty()) {
                entries[found] = new IbvWC();
                entries[found++].setWr_id(completions.remove());
            }
            return found;
        }

        @Override
        public IbvWC taken(int index) {
            return entries[index];
        }

        @Override
        public void arm() {
            armed = true;
        }

        @Override
        public boolean await(int millis) throws IOException {
            if (waitFails != null) {
                throw waitFails;
            }
            try {
                return events.tryAcquire(millis, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void destroy() {
            destroyed++;
        }
    }

    private class Connection implements Poller.Member {

        private final BlockingQueue<Integer> completed = new LinkedBlockingQueue<>();
        private final List<Throwable> problems = new ArrayList<>();
        private final CompletableFuture<VerbsException> end = new CompletableFuture<>();
        private boolean throwing;

        @Override
        public void completed(IbvWC entry) {
            assertThat(poller.inLoop()).isTrue();
            completed.add((int) entry.getWr_id());
            if (throwing) {
                throw new AssertionError("of a connection, as the test wants it");
            }
        }

        @Override
        public void takingFailed(Throwable problem) {
            problems.add(problem);
        }

        @Override
        public void givenUp(VerbsException fault) {
            assertThat(poller.inLoop()).isTrue();
            end.complete(fault);
        }

        int next() throws InterruptedException {
            Integer work = completed.poll(SECONDS, TimeUnit.SECONDS);
            return work == null ? -1 : work;
        }
    }

    private final Counters counters = Counters.process().child();
    private final FakeCompletions device = new FakeCompletions();
    private final Poller poller = new Poller(device, "device 1-1", counters);

    @AfterEach
    void close() {
        poller.close();
        assertThat(device.destroyed).isEqualTo(1);
        assertThat(poller.execute(() -> {})).isFalse();
    }

    private void onLoop(Runnable task) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        assertThat(poller.execute(() -> {
            task.run();
            done.complete(null);
        })).isTrue();
        done.get(SECONDS, TimeUnit.SECONDS);
    }

    private Connection connection(int number) throws Exception {
        Connection connection = new Connection();
        onLoop(() -> poller.add(number, connection));
        return connection;
    }

    @Test
    void completionsReachTheirConnectionInOrderHoweverLongTheLoopHasSlept() throws Exception {
        Connection one = connection(1);
        Connection two = connection(2);
        for (int i = 0; i < 300; i++) {
            device.complete(1 + i % 2, i);
            if (i % 100 == 0) {
                // Long enough to be armed.
                Thread.sleep(5);
            }
        }
        for (int i = 0; i < 300; i++) {
            assertThat((i % 2 == 0 ? one : two).next()).isEqualTo(i);
        }
        onLoop(() -> poller.remove(2));
        device.complete(2, 1);
        device.complete(1, 7);
        assertThat(one.next()).isEqualTo(7);
        assertThat(two.completed).isEmpty();
    }

    @Test
    void aConnectionThatThrowsLosesNoCompletionOfTheOthers() throws Exception {
        Connection bad = connection(1);
        Connection good = connection(2);
        onLoop(() -> {
            bad.throwing = true;
            for (int i = 0; i < 10; i++) {
                device.complete(1, i);
                device.complete(2, i);
            }
        });
        for (int i = 0; i < 10; i++) {
            assertThat(good.next()).isEqualTo(i);
        }
        onLoop(() -> assertThat(bad.problems).hasSize(10));
        assertThat(good.problems).isEmpty();
        assertThat(good.end).isNotDone();
    }

    @Test
    void drainingEndsAlsoWhenMoreAndMoreComes() throws Exception {
        Connection flood = new Connection() {
            @Override
            public void completed(IbvWC entry) {
                device.complete(1, 0);
            }
        };
        onLoop(() -> poller.add(1, flood));
        onLoop(() -> {
            device.complete(1, 0);
            poller.drain();
        });
        onLoop(() -> poller.remove(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"IOException", "RuntimeException", "Error", "wait"})
    void whenCompletionsCannotBeTakenAllConnectionsEndAndNoMoreAreTaken(String what) throws Exception {
        Connection one = connection(1);
        Connection two = connection(2);
        poller.check();
        switch (what) {
            case "wait" -> device.waitFails = new IOException("broken, as the test wants it");
            case "IOException" -> device.pollFails = new IOException("broken, as the test wants it");
            case "RuntimeException" -> device.pollFails = new IllegalStateException("broken, as the test wants it");
            default -> device.pollFails = new AssertionError("broken, as the test wants it");
        }
        poller.execute(() -> {});

        assertThat(one.end.get(SECONDS, TimeUnit.SECONDS)).isInstanceOf(DeviceErrorException.class).hasMessageContaining("device 1-1")
                .hasMessageContaining("as the test wants it");
        assertThat(two.end.get(SECONDS, TimeUnit.SECONDS)).isSameAs(one.end.join());
        assertThat(counters.get(DisniCounter.LOOP_FAILED)).isEqualTo(1);
        assertThatThrownBy(poller::check).isInstanceOf(DeviceErrorException.class).hasMessageContaining("device 1-1").cause()
                .isSameAs(one.end.join());
        // What was on its way to it meanwhile is told too, and ends are still carried out.
        assertThat(connection(3).end).isCompletedWithValue(one.end.join());
        CompletableFuture<Void> timer = new CompletableFuture<>();
        onLoop(() -> poller.schedule(1, () -> timer.complete(null)));
        timer.get(SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void aTaskThatThrowsDoesNotEndTheLoop() throws Exception {
        Connection one = connection(1);
        poller.execute(() -> {
            throw new AssertionError("of a task, as the test wants it");
        });
        device.complete(1, 5);
        assertThat(one.next()).isEqualTo(5);
    }
}
