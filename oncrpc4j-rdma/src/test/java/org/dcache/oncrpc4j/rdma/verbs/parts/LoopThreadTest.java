// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoopThreadTest {

    private static final InheritableThreadLocal<String> INHERITED = new InheritableThreadLocal<>();

    private final CountDownLatch goOn = new CountDownLatch(1);

    private LoopThread waiting() {
        return LoopThread.of("waits", () -> {
            while (true) {
                try {
                    goOn.await();
                    return;
                } catch (InterruptedException e) {
                    // Waits for the latch alone.
                }
            }
        }, null);
    }

    @Test
    void itTakesNothingOverFromTheThreadThatMadeIt() {
        INHERITED.set("maker's");
        ClassLoader loader = new ClassLoader(null) {};
        CompletableFuture<String> seen = new CompletableFuture<>();
        LoopThread thread = LoopThread.of("name", () -> seen.complete(INHERITED.get()), loader);
        INHERITED.remove();

        assertThat(thread.isDaemon()).isTrue();
        assertThat(thread.getName()).isEqualTo("name");
        assertThat(thread.getContextClassLoader()).isSameAs(loader);
        assertThat(LoopThread.of("name", () -> {}, null).getContextClassLoader()).isNull();
        thread.start();
        assertThat(seen.join()).isNull();
    }

    @Test
    void itIsCurrentOnlyToItself() {
        CompletableFuture<Boolean> onIt = new CompletableFuture<>();
        CompletableFuture<LoopThread> made = new CompletableFuture<>();
        LoopThread thread = LoopThread.of("asks itself", () -> onIt.complete(made.join().isCurrent()), null);
        made.complete(thread);
        thread.start();

        assertThat(onIt.join()).isTrue();
        assertThat(thread.isCurrent()).isFalse();
    }

    @Test
    void anInterruptDoesNotEndTheWaitAndIsKept() throws Exception {
        LoopThread thread = waiting();
        thread.start();
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        CompletableFuture<Boolean> kept = new CompletableFuture<>();
        Thread waiter = new Thread(() -> {
            thread.awaitEnd();
            ended.complete(!thread.isAlive());
            kept.complete(Thread.currentThread().isInterrupted());
        });
        waiter.start();
        waiter.interrupt();
        // The interrupt was taken, and the waiter waits again.
        while (waiter.isInterrupted() || waiter.getState() != Thread.State.WAITING) {
            assertThat(ended).isNotDone();
            Thread.onSpinWait();
        }
        goOn.countDown();

        assertThat(ended.get(60, TimeUnit.SECONDS)).isTrue();
        assertThat(kept.get(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void oneThatWasNeverStartedHasEnded() {
        LoopThread thread = waiting();
        thread.awaitEnd();
        assertThat(thread.isAlive()).isFalse();
    }
}
