// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.dcache.oncrpc4j.rdma.verbs.Awaited;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When a loop's own thread steps aside; what threads that serve it do is in the tests of the providers' loops. */
@Timeout(120)
class LedLoopTest {

    /** Rounds after which a loop with one waiter at a time has stepped aside for certain. */
    private static final int MANY = 2000;
    private static final int TRIES = 500;

    /** Its network is a queue, of which each turn takes one element. */
    private static final class QueueLoop extends LedLoop {

        final BlockingQueue<Runnable> network = new LinkedBlockingQueue<>();
        volatile Awaited awaited = Awaited.NOTHING;
        /** How often the loop was about to be left to others, or was left by them. */
        final AtomicInteger asked = new AtomicInteger();
        /** How often by others. */
        final AtomicInteger askedByLeaders = new AtomicInteger();
        boolean open = true;

        QueueLoop() {
            super("queue", 16);
            start();
        }

        @Override
        protected void serve(long longest) {
            try {
                Runnable event = network.poll(fallAsleep(longest), TimeUnit.MILLISECONDS);
                awake();
                if (event != null) {
                    event.run();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        protected void wakeFromNetwork() {
            network.add(() -> {});
        }

        @Override
        protected Awaited awaited() {
            asked.incrementAndGet();
            if (!Thread.currentThread().getName().equals("queue")) {
                askedByLeaders.incrementAndGet();
            }
            return awaited;
        }

        @Override
        protected void ended() {
            open = false;
        }
    }

    private final QueueLoop loop = new QueueLoop();

    @AfterEach
    void stop() {
        loop.stop();
        assertThat(loop.open).isFalse();
        assertThat(loop.execute(() -> {})).isFalse();
    }

    /** @return how often the calling thread served the loop */
    private int rounds(boolean heard, int sendsEach) throws Exception {
        return rounds(heard, sendsEach, loop::serveUntil);
    }

    private int rounds(boolean heard, int sendsEach, Predicate<BooleanSupplier> wait) throws Exception {
        int served = 0;
        for (int i = 0; i < MANY; i++) {
            CompletableFuture<Void> reply = new CompletableFuture<>();
            for (int j = 0; j < sendsEach; j++) {
                loop.network.add(() -> {});
            }
            loop.network.add(() -> {
                if (heard) {
                    loop.heard();
                }
                reply.complete(null);
            });
            served += wait.test(reply::isDone) ? 1 : 0;
            reply.get(30, TimeUnit.SECONDS);
        }
        return served;
    }

    /** The loop's own thread may be quicker than the one that is about to wait, which it does not see then. */
    private void assertServedAtLast(int sendsEach) throws Exception {
        assertServedAtLast(sendsEach, loop::serveUntil);
    }

    private void assertServedAtLast(int sendsEach, Predicate<BooleanSupplier> wait) throws Exception {
        int served = 0;
        for (int i = 0; i < TRIES && served == 0; i++) {
            served = rounds(true, sendsEach, wait);
        }
        assertThat(served).isPositive();
    }

    @Test
    void thereAreTwoLoopsAtLeastUnlessOneIsAskedFor() {
        assertThat(LedLoop.count(0)).isEqualTo(Math.max(2, Runtime.getRuntime().availableProcessors() / 2));
        assertThat(LedLoop.count(1)).isEqualTo(1);
    }

    @Test
    void whoWaitsForOneReplyAfterTheOtherServesTheLoop() throws Exception {
        assertServedAtLast(0);
    }

    @Test
    void whoServesALoopServesNoOtherBesides() throws Exception {
        HelperThread.serves(true);
        try {
            assertThat(rounds(true, 0)).isZero();
        } finally {
            HelperThread.serves(false);
        }
        assertServedAtLast(0);
    }

    @Test
    void thatOurOwnSendsAreDoneBetweenRepliesChangesNothing() throws Exception {
        assertServedAtLast(3);
    }

    @Test
    void turnsInWhichThePeersSentNothingDoNotCount() throws Exception {
        assertThat(rounds(false, 0)).isZero();
    }

    @Test
    void aLoopOfWhichSomethingIsAwaitedKeepsItsThread() throws Exception {
        loop.awaited = Awaited.SOMETHING;
        int served = 0;
        for (int i = 0; i < TRIES && served == 0 && loop.asked.get() == 0; i++) {
            served = rounds(true, 0);
        }
        assertThat(served).isZero();
        // That nobody served it could be because no thread was quick enough.
        assertThat(loop.asked).as("how often the loop would have stepped aside").hasPositiveValue();
    }

    @Test
    void aTurnThatFailsIsNothingToWhoServesTheLoop() throws Exception {
        Thread self = Thread.currentThread();
        boolean failed = false;
        for (int i = 0; i < TRIES * MANY && !failed; i++) {
            CompletableFuture<Boolean> reply = new CompletableFuture<>();
            loop.network.add(() -> {
                loop.heard();
                reply.complete(Thread.currentThread() == self);
                if (Thread.currentThread() == self) {
                    throw new IllegalStateException("of a turn, as the test wants it");
                }
            });
            loop.serveUntil(reply::isDone);
            failed = reply.get(30, TimeUnit.SECONDS);
        }
        assertThat(failed).isTrue();
        assertServedAtLast(0);
    }

    @Test
    void whoWaitsForCallsServesALoopOfWhichCallsAreAwaited() throws Exception {
        loop.awaited = Awaited.CALLS;
        assertServedAtLast(0, over -> loop.serveNext(1, over, () -> true));
    }

    @Test
    void aLoopOfWhichCallsAreAwaitedIsNotLeftToNobody() throws Exception {
        loop.awaited = Awaited.CALLS;
        for (int i = 0; i < 20; i++) {
            assertServedAtLast(0, over -> loop.serveNext(1, over, () -> false));
            CompletableFuture<Thread> unasked = new CompletableFuture<>();
            loop.network.add(() -> unasked.complete(Thread.currentThread()));
            assertThat(unasked.get(30, TimeUnit.SECONDS)).isNotSameAs(Thread.currentThread());
        }
    }

    @Test
    void whoIsFollowedAsksNobodyWhatIsAwaited() throws Exception {
        assertThat(askedWhenLeft(true)).isZero();
        assertThat(askedWhenLeft(false)).isOne();
    }

    /** @return how often a thread that led and left asked what is awaited */
    private int askedWhenLeft(boolean followed) throws Exception {
        for (int i = 0; i < TRIES * MANY; i++) {
            CompletableFuture<Void> call = new CompletableFuture<>();
            loop.network.add(() -> {
                loop.heard();
                call.complete(null);
            });
            int before = loop.askedByLeaders.get();
            if (loop.serveNext(1, call::isDone, () -> followed)) {
                return loop.askedByLeaders.get() - before;
            }
            call.get(30, TimeUnit.SECONDS);
        }
        throw new AssertionError("this thread never led");
    }

    @Test
    void aThreadThatMayNotLeadIsNotNoted() throws Exception {
        ForkJoinPool shared = new ForkJoinPool(1);
        try {
            shared.submit(() -> rounds(true, 0, over -> {
                assertThat(loop.isServed()).isTrue();
                return false;
            })).get(60, TimeUnit.SECONDS);
        } finally {
            shared.shutdownNow();
        }
        assertThat(loop.asked).as("how often the loop would have stepped aside").hasValue(0);
    }

    @Test
    void aTurnThatFailsEndsNoLoop() throws Exception {
        loop.network.add(() -> {
            throw new IllegalStateException("of a turn, as the test wants it");
        });
        assertServedAtLast(0);
    }
}
