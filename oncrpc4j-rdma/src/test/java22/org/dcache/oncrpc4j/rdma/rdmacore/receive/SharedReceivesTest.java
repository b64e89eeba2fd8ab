// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.receive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rdmacore.device.ControlThreads;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Regions;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.PooledReceive;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.ReceivePool;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.error.DeviceErrorException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.verbs.parts.ReceiveShare;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What connections that share receives do to each other, with a device that does as it is told. */
class SharedReceivesTest {

    private static final int DEPTH = 16;
    /** For the message too many. */
    private static final int ONE_MORE = 1;

    /** Keeps the posted requests in order, and fills them. */
    private static final class Device implements SharedQueue {

        private final ArrayDeque<Long> posted = new ArrayDeque<>();
        private final List<Integer> limits = new ArrayList<>();
        private int errno;
        private int armErrno;
        private int destroyed;

        @Override
        public long address() {
            return 1;
        }

        @Override
        public synchronized int post(long first, long bad) {
            if (errno != 0) {
                return errno;
            }
            int chained = 0;
            for (long wr = first; wr != 0; wr = Memory.getLong(wr + VerbsLayout.RecvWr.NEXT)) {
                posted.add(Memory.getLong(wr + VerbsLayout.RecvWr.WR_ID));
                chained++;
            }
            assertThat(chained).isBetween(1, ReceiveRequests.BATCH);
            return 0;
        }

        @Override
        public int arm(int limit) {
            limits.add(limit);
            return armErrno;
        }

        @Override
        public void destroy() {
            destroyed++;
        }

        synchronized int count() {
            return posted.size();
        }

        /** A message comes in. @return the completion's wr_id */
        synchronized long message() {
            return posted.remove();
        }
    }

    private final Counters counters = Counters.process().child();
    private final ControlThreads control = new ControlThreads();
    private final ReceivePool pool = pool();
    private final Device device = new Device();
    private final SharedReceives shared = new SharedReceives(device, pool, new ReceiveBudget(DEPTH), counters);
    private final AtomicInteger oversent = new AtomicInteger();
    private final List<VerbsException> failures = new CopyOnWriteArrayList<>();

    @BeforeEach
    void fillThePool() throws Exception {
        pool.reserve(1000);
    }

    @AfterEach
    void end() {
        control.shutdown();
    }

    private ReceivePool pool() {
        Regions regions = new Regions(null, List.of(), counters);
        return new ReceivePool(regions, region -> 7, control, 64, new ReceiveShare(new MemoryBudget(1 << 20)));
    }

    private SharedCredits connection(int credits) {
        SharedCredits connection = SharedCredits.join(shared, false, failures::add, oversent::incrementAndGet);
        connection.open(1, credits);
        return connection;
    }

    @Test
    void thereAreAsManyReceivesAsCredits() {
        SharedCredits connection = connection(3);
        connection(4);
        assertThat(device.count()).isEqualTo(7 + ONE_MORE);

        connection.unused(connection.completed(device.message()));
        assertThat(device.count()).isEqualTo(6 + ONE_MORE);
        connection.post(1);

        assertThat(device.count()).isEqualTo(7 + ONE_MORE);
        assertThat(oversent).hasValue(0);
    }

    @Test
    void manyCreditsShareFewReceivesWhichAreReplacedWhileHandlersHoldTheirs() {
        List<SharedCredits> connections = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            connections.add(connection(64));
        }
        List<PooledReceive> held = new ArrayList<>();
        for (int i = 0; i < 8 * 64; i++) {
            assertThat(device.count()).isEqualTo(Math.min(DEPTH, 8 * 64 - i) + ONE_MORE);
            held.add(connections.get(i % 8).completed(device.message()));
        }

        assertThat(held).doesNotHaveDuplicates();
        assertThat(pool.lent()).isEqualTo(8 * 64 + ONE_MORE);
        assertThat(oversent).hasValue(0);
    }

    @Test
    void whoSendsBeyondItsCreditsIsFoundOutOnceAndTakesNothingFromOthers() {
        SharedCredits honest = connection(5);
        SharedCredits flood = connection(2);
        flood.completed(device.message());
        flood.completed(device.message());
        assertThat(oversent).hasValue(0);

        for (int i = 0; i < 100; i++) {
            flood.unused(flood.completed(device.message()));
            assertThat(device.count()).as("the honest connection's receives").isEqualTo(5 + ONE_MORE);
        }
        flood.drop();

        assertThat(oversent).hasValue(1);
        assertThat(device.count()).as("one more for the receive that may be lost").isEqualTo(6 + ONE_MORE);
        honest.unused(honest.completed(device.message()));
        assertThat(oversent).hasValue(1);
    }

    @Test
    void afterTheEndNothingIsPostedAndNothingIsFoundOut() {
        SharedCredits connection = connection(1);
        connection.stop();
        connection.post(5);
        connection.unused(connection.completed(device.message()));

        assertThat(device.count()).isEqualTo(ONE_MORE);
        assertThat(oversent).hasValue(0);
    }

    @Test
    void theLastThatLeavesTakesTheQueueWithItAndEveryBufferIsBack() {
        SharedCredits one = connection(10);
        SharedCredits two = connection(100);
        one.lastReached();
        one.drop();
        assertThat(device.destroyed).isZero();
        assertThat(pool.lent()).isPositive();

        two.drop();
        two.drop();

        assertThat(device.destroyed).isEqualTo(1);
        assertThat(pool.lent()).isZero();
        assertThat(shared.isClosed()).isTrue();
        assertThat(shared.join(two)).isFalse();
        two.post(1);
        shared.ranLow();
        shared.failed(new DeviceErrorException("late"));
        assertThat(failures).isEmpty();
    }

    @Test
    void aQueuePairThatWasNeverMadeLeavesNoDoubt() {
        connection(4);
        for (int i = 0; i < 100; i++) {
            SharedCredits.join(shared, false, failures::add, oversent::incrementAndGet).drop();
        }

        assertThat(device.count()).isEqualTo(4 + ONE_MORE);
    }

    @Test
    void connectionsThatEndInDoubtWearTheQueueOut() {
        connection(4);
        int ends = 0;
        for (SharedCredits next = SharedCredits.join(shared, false, failures::add, oversent::incrementAndGet); next != null;
                next = SharedCredits.join(shared, false, failures::add, oversent::incrementAndGet)) {
            next.open(1, 4);
            next.drop();
            ends++;
        }

        assertThat(ends).isEqualTo(ReceiveBudget.spares(DEPTH) - 1);
        assertThat(device.count()).as("those that are there for sure, if each end has taken one")
                .isGreaterThanOrEqualTo(4 + ONE_MORE + ends);
    }

    @Test
    void aQueueThatRunsLowIsGivenMoreAndIsWatchedAgain() throws Exception {
        Device large = new Device();
        SharedReceives grows = new SharedReceives(large, pool, new ReceiveBudget(256), counters);
        SharedCredits connection = SharedCredits.join(grows, false, failures::add, oversent::incrementAndGet);
        connection.open(1, 1000);
        assertThat(large.count()).isEqualTo(64 + ONE_MORE);

        grows.ranLow();
        assertThat(large.count()).isEqualTo(128 + ONE_MORE);
        grows.ranLow();
        assertThat(large.count()).isEqualTo(256 + ONE_MORE);
        grows.ranLow();

        assertThat(large.count()).isEqualTo(256 + ONE_MORE);
        assertThat(large.limits).containsExactly(16, 32);
    }

    @Test
    void aDeviceThatCannotWarnGetsTheDepthAtOnce() {
        Device mute = new Device();
        mute.armErrno = 95;
        SharedCredits connection = SharedCredits.join(new SharedReceives(mute, pool, new ReceiveBudget(256), counters), false,
                failures::add,
                oversent::incrementAndGet);
        connection.open(1, 1000);

        assertThat(mute.count()).isEqualTo(256 + ONE_MORE);
    }

    @Test
    void aReceiveThatIsRefusedEndsEveryConnectionOnce() {
        SharedCredits one = connection(2);
        SharedCredits two = connection(2);
        device.errno = 12;
        one.post(1);
        two.post(1);

        assertThat(failures).hasSize(2).allSatisfy(e -> assertThat(e).hasMessageContaining("refused a receive"));
        assertThat(SharedCredits.join(shared, false, failures::add, oversent::incrementAndGet)).isNull();
        one.drop();
        two.drop();
        assertThat(pool.lent()).isZero();
    }

    @Test
    void aBrokenQueueEndsEveryConnectionOnce() {
        connection(2);
        connection(2);
        DeviceErrorException cause = new DeviceErrorException("broken");
        shared.failed(cause);
        shared.failed(cause);

        assertThat(failures).containsExactly(cause, cause);
    }

    @Test
    void whereThePoolIsEmptyPostingGoesOnWhenItHasGrown() throws Exception {
        ReceivePool empty = pool();
        Device patient = new Device();
        SharedCredits connection = SharedCredits.join(new SharedReceives(patient, empty, new ReceiveBudget(DEPTH), counters), false,
                failures::add,
                oversent::incrementAndGet);
        connection.open(1, 10);

        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (patient.count() < 10 + ONE_MORE && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(patient.count()).isEqualTo(10 + ONE_MORE);
    }

    @Test
    void manyThreadsNeitherLoseNorInventAReceive() throws Exception {
        int rounds = 2000;
        List<Thread> threads = new ArrayList<>();
        List<Throwable> problems = new CopyOnWriteArrayList<>();
        List<SharedCredits> connections = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            SharedCredits connection = connection(20);
            connections.add(connection);
            threads.add(new Thread(() -> {
                for (int n = 0; n < rounds; n++) {
                    connection.unused(connection.completed(device.message()));
                    connection.post(1);
                }
            }));
        }
        threads.forEach(thread -> thread.setUncaughtExceptionHandler((t, e) -> problems.add(e)));
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(problems).isEmpty();
        assertThat(oversent).hasValue(0);
        assertThat(device.count()).isEqualTo(DEPTH + ONE_MORE);
        connections.forEach(SharedCredits::drop);
        assertThat(pool.lent()).isZero();
    }
}
