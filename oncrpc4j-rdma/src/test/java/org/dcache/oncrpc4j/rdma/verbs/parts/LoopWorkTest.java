// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoopWorkTest {

    private static final int TURN = 4;
    private static final long HOUR_MILLIS = 3_600_000;

    /** Its network is a semaphore. The test's thread is the loop's unless it is {@linkplain #start started}. */
    private static final class SleepyLoop extends LoopWork {

        final AtomicInteger woken = new AtomicInteger();
        private final Semaphore wakeups = new Semaphore(0);
        private final LoopThread thread = LoopThread.of("sleepy", this::run, null);

        SleepyLoop() {
            super(TURN);
        }

        @Override
        protected void wake() {
            woken.incrementAndGet();
            wakeups.release();
        }

        void start() {
            thread.start();
        }

        void stop() {
            beginStop();
            thread.awaitEnd();
        }

        private void run() {
            while (!isStopping()) {
                runTasks();
                long millis = fallAsleep();
                try {
                    if (millis == FOREVER) {
                        wakeups.acquire();
                    } else if (wakeups.tryAcquire(millis, TimeUnit.MILLISECONDS)) {
                        wakeups.drainPermits();
                    }
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                awake();
                runTimers();
            }
            runLastTasks();
        }
    }

    private final SleepyLoop loop = new SleepyLoop();
    private final List<Integer> ran = new ArrayList<>();

    private Runnable note(int number) {
        return () -> ran.add(number);
    }

    private void runTimersUntil(int count) {
        while (ran.size() < count) {
            loop.runTimers();
            Thread.onSpinWait();
        }
    }

    @Test
    void tasksRunInTheirOrderSoManyInATurn() {
        IntStream.range(0, TURN + 2).forEach(i -> assertThat(loop.execute(note(i))).isTrue());
        loop.runTasks();
        assertThat(ran).containsExactly(0, 1, 2, 3);
        loop.runTasks();
        assertThat(ran).containsExactly(0, 1, 2, 3, 4, 5);
        loop.runTasks();
        assertThat(ran).hasSize(TURN + 2);
    }

    @Test
    void aTaskThatThrowsDoesNotKeepTheOthersFromRunning() {
        loop.execute(() -> {
            throw new IllegalStateException("of a task, as the test wants it");
        });
        loop.execute(() -> {
            throw new AssertionError("of a task, as the test wants it");
        });
        loop.execute(note(1));
        loop.schedule(0, () -> {
            throw new IllegalStateException("of a timer, as the test wants it");
        });
        loop.schedule(0, note(2));
        loop.runTasks();
        runTimersUntil(2);
        assertThat(ran).containsExactly(1, 2);
    }

    @Test
    void onlyALoopThatSleepsIsWokenAndOnlyOnce() {
        loop.execute(note(0));
        assertThat(loop.woken).hasValue(0);
        loop.runTasks();

        assertThat(loop.fallAsleep()).isEqualTo(LoopWork.FOREVER);
        loop.execute(note(1));
        assertThat(loop.woken).hasValue(1);
        loop.execute(note(2));
        assertThat(loop.woken).hasValue(1);

        loop.awake();
        loop.runTasks();
        loop.fallAsleep();
        loop.awake();
        loop.execute(note(3));
        assertThat(loop.woken).hasValue(1);
    }

    @Test
    void aLoopWithSomethingToDoMayNotSleep() {
        loop.execute(note(0));
        assertThat(loop.fallAsleep()).isZero();
        loop.runTasks();
        assertThat(loop.fallAsleep()).isEqualTo(LoopWork.FOREVER);

        Timer later = loop.schedule(HOUR_MILLIS, note(1));
        assertThat(loop.fallAsleep()).isBetween(1L, HOUR_MILLIS + 1);
        loop.schedule(0, note(2));
        assertThat(loop.fallAsleep()).isZero();
        later.cancel();
        runTimersUntil(2);
        assertThat(ran).containsExactly(0, 2);

        loop.beginStop();
        assertThat(loop.isStopping()).isTrue();
        assertThat(loop.woken).hasValue(1);
        assertThat(loop.fallAsleep()).isZero();
    }

    @Test
    void timersRunInTheOrderOfTheirTimesAndNotBefore() {
        long[] delays = {30, 0, 20, 10, HOUR_MILLIS};
        Timer[] timers = new Timer[delays.length];
        List<Integer> early = new ArrayList<>();
        for (int i = 0; i < delays.length; i++) {
            int number = i;
            timers[i] = loop.schedule(delays[i], () -> {
                ran.add(number);
                if (System.nanoTime() - timers[number].at < 0) {
                    early.add(number);
                }
            });
        }
        runTimersUntil(4);
        loop.runTimers();
        // Their times are the clock's, which runs on between them.
        assertThat(ran).containsExactlyElementsOf(IntStream.range(0, 4).boxed().sorted(Comparator.comparing(i -> timers[i])).toList());
        assertThat(early).isEmpty();
    }

    @Test
    void aTimerThatWasCancelledDoesNotRun() {
        Timer cancelled = loop.schedule(0, note(0));
        cancelled.cancel();
        Timer[] cancelledInTime = new Timer[1];
        loop.schedule(0, () -> cancelledInTime[0].cancel());
        cancelledInTime[0] = loop.schedule(0, note(1));
        Timer late = loop.schedule(0, note(2));
        runTimersUntil(1);
        assertThat(ran).containsExactly(2);
        late.cancel();
    }

    @Test
    void aTimerMayAskForTheNext() {
        loop.schedule(0, () -> {
            ran.add(0);
            loop.schedule(0, note(1));
        });
        runTimersUntil(2);
        assertThat(ran).containsExactly(0, 1);
    }

    @Test
    void timesMayWrapAround() {
        Timer before = new Timer(Long.MAX_VALUE - 1, note(0));
        Timer after = new Timer(Long.MIN_VALUE + 1, note(1));
        assertThat(before).isLessThan(after);
        assertThat(after).isGreaterThan(before);
        assertThat(before).isEqualByComparingTo(new Timer(Long.MAX_VALUE - 1, note(2)));
    }

    @Test
    void atTheEndEveryTaskThatWasTakenRunsAndNoMoreIsTaken() {
        List<Boolean> taken = new ArrayList<>();
        loop.execute(() -> taken.add(loop.execute(note(-1))));
        IntStream.range(0, 3 * TURN).forEach(i -> loop.execute(note(i)));
        loop.runLastTasks();
        assertThat(ran).hasSize(3 * TURN).doesNotContain(-1);
        assertThat(taken).containsExactly(false);

        assertThat(loop.execute(note(-2))).isFalse();
        loop.runTasks();
        assertThat(ran).doesNotContain(-2);
    }

    @Test
    void noWakingIsLostBetweenLookingForTasksAndSleeping() throws Exception {
        loop.start();
        for (int i = 0; i < 20_000; i++) {
            CountDownLatch done = new CountDownLatch(1);
            loop.execute(done::countDown);
            assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
        }
        loop.stop();
    }

    @Test
    void whatIsTakenWhileTheLoopEndsRunsAndWhatIsRefusedDoesNot() throws Exception {
        for (int round = 0; round < 200; round++) {
            SleepyLoop ending = new SleepyLoop();
            ending.start();
            AtomicInteger done = new AtomicInteger();
            AtomicInteger taken = new AtomicInteger();
            CountDownLatch first = new CountDownLatch(1);
            Thread poster = new Thread(() -> {
                boolean more = true;
                while (more) {
                    more = ending.execute(done::incrementAndGet);
                    if (more) {
                        taken.incrementAndGet();
                    }
                    first.countDown();
                }
            });
            poster.start();
            assertThat(first.await(60, TimeUnit.SECONDS)).isTrue();
            ending.stop();
            poster.join();
            assertThat(done).hasValue(taken.get());
        }
    }
}
