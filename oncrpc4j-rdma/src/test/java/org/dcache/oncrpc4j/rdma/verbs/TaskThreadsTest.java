// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A task that is taken runs, one that is not taken does not, whatever threads the system gives. */
@Timeout(60)
class TaskThreadsTest {

    private static final int ROUNDS = 5_000;

    private final AtomicBoolean noThreads = new AtomicBoolean();
    private final AtomicInteger made = new AtomicInteger();

    private TaskThreads threads(int most, long idleMillis) {
        return new TaskThreads(most, idleMillis, task -> {
            if (noThreads.get()) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            made.incrementAndGet();
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            return thread;
        });
    }

    @Test
    void ofTwoThatAskAtOnceWhileThreadsFailToStartEachKnowsWhetherItsTaskRuns() throws Exception {
        CyclicBarrier both = new CyclicBarrier(2);
        AtomicInteger starts = new AtomicInteger();
        TaskThreads[] threads = new TaskThreads[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            AtomicBoolean first = new AtomicBoolean(true);
            threads[i] = new TaskThreads(1, 60_000, task -> {
                if (first.getAndSet(false)) {
                    // A start that fails takes its time.
                    Thread.onSpinWait();
                    throw new OutOfMemoryError("unable to create native thread");
                }
                starts.incrementAndGet();
                Thread thread = new Thread(task);
                thread.setDaemon(true);
                return thread;
            });
        }
        AtomicInteger taken = new AtomicInteger();
        AtomicInteger ran = new AtomicInteger();
        Runnable asks = () -> {
            for (TaskThreads each : threads) {
                await(both);
                if (each.execute(ran::incrementAndGet)) {
                    taken.incrementAndGet();
                }
            }
        };
        Thread other = new Thread(asks);
        other.start();
        asks.run();
        other.join();
        for (TaskThreads each : threads) {
            each.close();
        }
        assertThat(ran).hasValue(taken.get());
        // The first start of each fails, the second one does not.
        assertThat(starts).hasValue(ROUNDS);
        assertThat(taken).hasValue(ROUNDS);
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(30, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void withoutAThreadATaskIsNotTakenAndTheNextOneIsWhenThereIsOne() throws Exception {
        try (TaskThreads threads = threads(1, 60_000)) {
            noThreads.set(true);
            List<String> ran = new CopyOnWriteArrayList<>();
            assertThat(threads.execute(() -> ran.add("refused"))).isFalse();
            noThreads.set(false);
            CompletableFuture<Void> next = new CompletableFuture<>();
            assertThat(threads.execute(() -> next.complete(null))).isTrue();
            next.get(20, TimeUnit.SECONDS);
            assertThat(ran).isEmpty();
        }
    }

    @Test
    void noTaskWaitsForAnotherWhileThereMayBeMoreThreads() throws Exception {
        try (TaskThreads threads = threads(3, 60_000)) {
            CountDownLatch all = new CountDownLatch(3);
            for (int i = 0; i < 3; i++) {
                threads.execute(() -> {
                    all.countDown();
                    try {
                        all.await(20, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
            }
            assertThat(all.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aThreadEndsWhenItHasHadNothingToDoAndAnotherOneFollows() throws Exception {
        try (TaskThreads threads = threads(1, 1)) {
            CompletableFuture<Thread> first = new CompletableFuture<>();
            threads.execute(() -> first.complete(Thread.currentThread()));
            first.get(20, TimeUnit.SECONDS).join(20_000);
            assertThat(first.get().isAlive()).isFalse();
            CompletableFuture<Thread> second = new CompletableFuture<>();
            threads.execute(() -> second.complete(Thread.currentThread()));
            assertThat(second.get(20, TimeUnit.SECONDS)).isNotSameAs(first.get());
        }
    }

    @Test
    void aTaskThatThrowsOrIsInterruptedTakesNoThreadWithIt() throws Exception {
        try (TaskThreads threads = threads(1, 60_000)) {
            threads.execute(() -> {
                throw new AssertionError("on purpose");
            });
            threads.execute(() -> Thread.currentThread().interrupt());
            CompletableFuture<Void> ran = new CompletableFuture<>();
            threads.execute(() -> ran.complete(null));
            ran.get(20, TimeUnit.SECONDS);
            assertThat(made).hasValue(1);
        }
    }

    @Test
    void whatWasTakenRunsBeforeItIsClosedAndNothingIsTakenLater() {
        List<Integer> ran = new CopyOnWriteArrayList<>();
        TaskThreads threads = threads(1, 60_000);
        for (int i = 0; i < 100; i++) {
            int number = i;
            threads.execute(() -> ran.add(number));
        }
        threads.close();
        assertThat(ran).hasSize(100).isSorted();
        assertThat(threads.execute(() -> ran.add(100))).isFalse();
        threads.close();
    }

    @Test
    void aTaskMayCloseItsThreads() throws Exception {
        TaskThreads threads = threads(1, 60_000);
        CompletableFuture<Void> closed = new CompletableFuture<>();
        threads.execute(() -> {
            threads.close();
            closed.complete(null);
        });
        closed.get(20, TimeUnit.SECONDS);
    }
}
