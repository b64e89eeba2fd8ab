// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** The timer's end: somebody waits for what is due, nobody for what is for later. And the pool of many. */
class SharedThreadsTest {

    @Test
    void theTimersLastUserLeavesTasksThatAreDueAndNoOthers() throws Exception {
        ScheduledThreadPoolExecutor timer = SharedThreads.acquireTimer();
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicBoolean due = new AtomicBoolean();
        timer.execute(() -> {
            busy.countDown();
            awaitUninterrupted(go);
        });
        assertThat(busy.await(60, TimeUnit.SECONDS)).isTrue();
        timer.execute(() -> due.set(true));
        ScheduledFuture<?> later = timer.schedule(() -> {}, 1, TimeUnit.HOURS);
        SharedThreads.releaseTimer();
        if (!timer.isShutdown()) {
            // Another test of this JVM has it as well; nothing ends then.
            later.cancel(false);
        }
        go.countDown();
        assertThat(timer.isShutdown() ? timer.awaitTermination(60, TimeUnit.SECONDS) : waitFor(due)).isTrue();
        assertThat(due).isTrue();
        assertThat(timer.getQueue()).doesNotContain((Runnable) later);
    }

    /** Programs of many services share the pool, and may wait for each other. */
    @Test
    void tasksThatWaitForThoseBehindThemAreNotStuck() throws Exception {
        ThreadPoolExecutor workers = SharedThreads.acquireWorkers();
        try {
            int many = 3 * workers.getCorePoolSize();
            CountDownLatch all = new CountDownLatch(many);
            CountDownLatch over = new CountDownLatch(many);
            for (int i = 0; i < many; i++) {
                workers.execute(() -> {
                    all.countDown();
                    awaitUninterrupted(all);
                    over.countDown();
                });
            }
            assertThat(over.await(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            SharedThreads.releaseWorkers();
        }
    }

    private static boolean waitFor(AtomicBoolean flag) {
        while (!flag.get()) {
            Thread.onSpinWait();
        }
        return true;
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
