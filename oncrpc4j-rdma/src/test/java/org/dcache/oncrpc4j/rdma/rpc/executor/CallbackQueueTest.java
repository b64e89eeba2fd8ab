// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.executor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CallbackQueueTest {

    private final ExecutorService pool = java.util.concurrent.Executors.newFixedThreadPool(4);

    @AfterEach
    void stop() {
        pool.shutdownNow();
    }

    /** Keeps tasks until they are run by hand. */
    private static final class Held extends UnstoppedExecutor {

        private final Queue<Runnable> tasks = new ArrayDeque<>();
        private boolean refuses;

        @Override
        public void execute(Runnable task) {
            if (refuses) {
                throw new RejectedExecutionException("refuses");
            }
            tasks.add(task);
        }

    }

    @Test
    void aBurstIsOneTaskOfThePoolAndRunsInOrder() {
        Held own = new Held();
        CallbackQueue queue = new CallbackQueue(new Executors(pool, own, null, false, Counters.process().child()), false);
        List<Integer> ran = new ArrayList<>();
        IntStream.range(0, 5).forEach(i -> queue.add(() -> ran.add(i)));
        assertThat(own.tasks).hasSize(1);
        own.tasks.remove().run();
        assertThat(ran).containsExactly(0, 1, 2, 3, 4);
        queue.add(() -> ran.add(5));
        assertThat(own.tasks).hasSize(1);
        own.tasks.remove().run();
        assertThat(ran).endsWith(5);
    }

    @Test
    void aCallbackThatThrowsDoesNotStopTheNext() {
        Held own = new Held();
        CallbackQueue queue = new CallbackQueue(new Executors(pool, own, null, false, Counters.process().child()), false);
        List<String> ran = new ArrayList<>();
        queue.add(() -> {
            throw new IllegalStateException("on purpose");
        });
        queue.add(() -> {
            throw new AssertionError("on purpose");
        });
        queue.add(() -> ran.add("third"));
        own.tasks.remove().run();
        assertThat(ran).containsExactly("third");
    }

    @Test
    void whatThePoolRefusesSinceTheServiceHasStoppedRunsAllTheSame() throws Exception {
        Held own = new Held();
        CallbackQueue queue = new CallbackQueue(new Executors(pool, own, null, false, Counters.process().child()), false);
        own.refuses = true;
        CountDownLatch ran = new CountDownLatch(2);
        queue.add(ran::countDown);
        queue.add(ran::countDown);
        assertThat(ran.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void nothingIsLostOrRunTwiceOrAtTheSameTimeWhenManyThreadsAdd() throws Exception {
        CallbackQueue queue = new CallbackQueue(new Executors(pool, pool, null, false, Counters.process().child()), false);
        int threads = 4;
        int each = 20_000;
        CountDownLatch done = new CountDownLatch(threads * each);
        int[] inside = new int[1];
        Queue<String> overlaps = new ConcurrentLinkedQueue<>();
        for (int t = 0; t < threads; t++) {
            new Thread(() -> {
                for (int i = 0; i < each; i++) {
                    queue.add(() -> {
                        if (++inside[0] != 1) {
                            overlaps.add("two at a time");
                        }
                        inside[0]--;
                        done.countDown();
                    });
                }
            }).start();
        }
        assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(overlaps).isEmpty();
    }
}
