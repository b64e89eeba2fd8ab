// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.verbs.Awaited;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A thread that waits for what a loop brings serves the loop itself, and nothing that others want of the loop is left undone. */
@Timeout(120)
class LeaderTest {

    /** Rounds after which a loop with one waiter at a time has stepped aside for certain. */
    private static final int MANY = 3000;
    private static final int TRIES = 100;

    private final EventLoop loop = new EventLoop("leader test", spinNanos());
    private final List<Channel> channels = new ArrayList<>();

    /** Of the loops. */
    long spinNanos() {
        return 0;
    }

    /** What is written comes back as a result, read by the loop. */
    private final class Channel implements EventLoop.Handler {
        private final EventLoop of;
        private final Pipe pipe = Pipe.open();
        private volatile CompletableFuture<Thread> result = new CompletableFuture<>();
        private volatile boolean awaited;
        private final AtomicInteger asked = new AtomicInteger();

        Channel() throws IOException {
            this(loop);
        }

        Channel(EventLoop of) throws IOException {
            this.of = of;
            pipe.source().configureBlocking(false);
            of.register(pipe.source(), SelectionKey.OP_READ, this);
            of.execute(() -> {});
            channels.add(this);
        }

        CompletableFuture<Thread> ask() throws IOException {
            CompletableFuture<Thread> next = new CompletableFuture<>();
            result = next;
            answer();
            return next;
        }

        void answer() throws IOException {
            pipe.sink().write(ByteBuffer.allocate(1));
        }

        @Override
        public void ready(int operations) {
            try {
                pipe.source().read(ByteBuffer.allocate(1));
            } catch (IOException e) {
                result.completeExceptionally(e);
            }
            assertThat(of.inLoop()).isTrue();
            assertThat(HelperThread.isLoop()).isTrue();
            result.complete(Thread.currentThread());
        }

        @Override
        public Awaited awaited() {
            asked.incrementAndGet();
            return awaited ? Awaited.SOMETHING : Awaited.NOTHING;
        }
    }

    private Channel channel;

    @BeforeEach
    void open() throws IOException {
        channel = new Channel();
    }

    @AfterEach
    void close() throws IOException {
        loop.stop();
        for (Channel each : channels) {
            each.pipe.source().close();
            each.pipe.sink().close();
        }
    }

    /** @return how many of the rounds the calling thread served itself */
    private int rounds(int count) throws Exception {
        return rounds(channel, count);
    }

    private static int rounds(Channel channel, int count) throws Exception {
        int served = 0;
        for (int i = 0; i < count; i++) {
            CompletableFuture<Thread> reply = channel.ask();
            if (channel.of.serveUntil(reply::isDone)) {
                served++;
                assertThat(reply).isDone();
            }
            reply.get();
            assertThat(channel.of.inLoop()).isFalse();
            assertThat(HelperThread.isLoop()).isFalse();
        }
        return served;
    }

    private <T> T inThread(Callable<T> body) throws Exception {
        FutureTask<T> task = new FutureTask<>(body);
        Thread thread = new Thread(task, "waiter");
        thread.start();
        return task.get(60, TimeUnit.SECONDS);
    }

    @Test
    void whoWaitsAloneServesTheLoopAndReadsItsOwnReply() throws Exception {
        int served = 0;
        // The loop's own thread may be quicker than the one that is about to wait, which it does not see then.
        for (int i = 0; i < TRIES && served == 0; i++) {
            served = rounds(MANY);
        }
        assertThat(served).isPositive();
        boolean led = false;
        for (int i = 0; i < MANY && !led; i++) {
            CompletableFuture<Thread> reply = channel.ask();
            // The loop's own thread may have read it and stepped aside since.
            led = loop.serveUntil(reply::isDone) & reply.get() == Thread.currentThread();
        }
        assertThat(led).isTrue();
    }

    @Test
    void tasksAndWhatComesUnaskedAreServedWhenNobodyWaits() throws Exception {
        for (int i = 0; i < 20; i++) {
            rounds(200);
            CountDownLatch ran = new CountDownLatch(1);
            loop.execute(ran::countDown);
            assertThat(ran.await(30, TimeUnit.SECONDS)).isTrue();
            rounds(200);
            assertThat(channel.ask().get(30, TimeUnit.SECONDS)).as("no waiter").isNotSameAs(Thread.currentThread());
        }
    }

    /**
     * A thread that leads, and waits for a result that the network does not bring.
     *
     * @param ended told whether it led indeed, when it waits no more
     */
    private CompletableFuture<Thread> lead(CompletableFuture<Boolean> ended) throws Exception {
        CompletableFuture<CompletableFuture<Thread>> waiting = new CompletableFuture<>();
        new Thread(() -> {
            try {
                boolean led = false;
                while (!waiting.isDone()) {
                    CompletableFuture<Thread> reply = new CompletableFuture<>();
                    Thread self = Thread.currentThread();
                    CompletableFuture<Thread> sign = channel.ask();
                    CompletableFuture<Boolean> seen = sign.thenApply(by -> by == self ? waiting.complete(reply) : reply.complete(null));
                    led = loop.serveUntil(reply::isDone);
                    seen.get();
                }
                ended.complete(led);
            } catch (Exception e) {
                waiting.completeExceptionally(e);
            }
        }, "leader").start();
        return waiting.get(60, TimeUnit.SECONDS);
    }

    @Test
    void whileSomebodyLeadsForLongOthersAreServedAndWhoEndsItsWaitWakesIt() throws Exception {
        CompletableFuture<Boolean> led = new CompletableFuture<>();
        CompletableFuture<Thread> reply = lead(led);
        for (int i = 0; i < 50; i++) {
            channel.ask().get(30, TimeUnit.SECONDS);
            CountDownLatch ran = new CountDownLatch(1);
            loop.execute(ran::countDown);
            assertThat(ran.await(30, TimeUnit.SECONDS)).isTrue();
        }
        // The loop's own thread has seen that this takes its time, and sleeps for good.
        Thread own = Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().equals("leader test")).findAny()
                .orElseThrow();
        while (own.getState() != Thread.State.WAITING) {
            Thread.sleep(1);
        }
        reply.complete(null);
        loop.execute(() -> {});
        assertThat(led.get(30, TimeUnit.SECONDS)).isTrue();
        channel.ask().get(30, TimeUnit.SECONDS);
    }

    @Test
    void theEndOfTheLoopEndsTheWait() throws Exception {
        CompletableFuture<Boolean> led = new CompletableFuture<>();
        lead(led);
        loop.stop();
        assertThat(led.get(30, TimeUnit.SECONDS)).isTrue();
        assertThat(loop.execute(() -> {})).isFalse();
    }

    @Test
    void anInterruptEndsItAndIsKept() throws Exception {
        assertThat(inThread(() -> {
            boolean led = false;
            for (int i = 0; i < MANY && !led; i++) {
                rounds(100);
                Thread.currentThread().interrupt();
                led = loop.serveUntil(() -> false);
                assertThat(Thread.interrupted()).isTrue();
            }
            return led;
        })).as("led when it was interrupted").isTrue();
        channel.ask().get(30, TimeUnit.SECONDS);
    }

    @Test
    void aLoopThatOthersAwaitSomethingOfKeepsItsThread() throws Exception {
        Channel other = new Channel();
        other.awaited = true;
        assertThat(rounds(MANY)).isZero();
        // That nobody served it could be because no thread was quick enough.
        assertThat(other.asked).as("how often the loop would have stepped aside").hasPositiveValue();
    }

    @Test
    void soDoesOneWithManyChannels() throws Exception {
        for (int i = 0; i < 64; i++) {
            new Channel();
        }
        // That nobody serves it could be because no thread is quick enough: they are where there is one channel, at the same time.
        EventLoop few = new EventLoop("leader test, few", spinNanos());
        try {
            Channel only = new Channel(few);
            int stoodAside = 0;
            for (int i = 0; i < MANY && stoodAside < 20; i++) {
                stoodAside += rounds(only, 200) > 0 ? 1 : 0;
                assertThat(rounds(200)).isZero();
            }
            assertThat(stoodAside).isEqualTo(20);
        } finally {
            few.stop();
        }
    }

    @Test
    void whatALeaderLeavesBehindIsServedByTheLoopItself() throws Exception {
        Channel other = new Channel();
        int led = 0;
        for (int i = 0; i < MANY || i < TRIES * MANY && led == 0; i++) {
            CompletableFuture<Thread> reply = channel.ask();
            if (loop.serveUntil(reply::isDone)) {
                led++;
                other.awaited = true;
                CompletableFuture<Thread> late = channel.ask();
                loop.serveUntil(late::isDone);
                late.get(30, TimeUnit.SECONDS);
                assertThat(other.ask().get(30, TimeUnit.SECONDS)).isNotSameAs(Thread.currentThread());
                other.awaited = false;
            }
            reply.get(30, TimeUnit.SECONDS);
        }
        assertThat(led).isPositive();
    }

    @Test
    void whoAwaitsSomethingAndDoesNotServeHasTheLoopServed() throws Exception {
        for (int i = 0; i < 50; i++) {
            rounds(200);
            loop.keepServed();
            assertThat(channel.ask().get(30, TimeUnit.SECONDS)).isNotSameAs(Thread.currentThread());
        }
    }

    @Test
    void aThreadOfAForkJoinPoolWaitsAsEver() throws Exception {
        ForkJoinPool pool = new ForkJoinPool(1);
        try {
            assertThat(pool.submit(() -> rounds(MANY)).get(60, TimeUnit.SECONDS)).isZero();
        } finally {
            pool.shutdown();
        }
    }

    @Test
    void soDoesAVirtualThread() throws Exception {
        assumeTrue(Runtime.version().feature() >= 21, "JDKs before 21 have no virtual threads");
        FutureTask<Integer> task = new FutureTask<>(() -> rounds(MANY));
        Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, task);
        assertThat(task.get(60, TimeUnit.SECONDS)).isZero();
    }

    @Test
    void manyWaitersLoseNothing() throws Exception {
        List<FutureTask<Integer>> tasks = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Channel own = new Channel();
            tasks.add(new FutureTask<>(() -> {
                int done = 0;
                for (; done < MANY; done++) {
                    CompletableFuture<Thread> reply = own.ask();
                    own.awaited = true;
                    loop.serveUntil(reply::isDone);
                    reply.get(30, TimeUnit.SECONDS);
                    own.awaited = false;
                }
                return done;
            }));
        }
        tasks.forEach(task -> new Thread(task, "waiter").start());
        for (FutureTask<Integer> task : tasks) {
            assertThat(task.get(60, TimeUnit.SECONDS)).isEqualTo(MANY);
        }
    }
}
