// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.executor;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.xprt.link.Leadable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** A pool of two threads, and a loop that they lead: its network is what a test puts there, and calls run until the test lets them go. */
@Timeout(60)
abstract class LeadingHarness {

    static final int PATIENCE_SECONDS = Integer.getInteger("test.patience", 20_000) / 1000;

    final ExecutorService shared = java.util.concurrent.Executors.newFixedThreadPool(1);
    final ThreadPoolExecutor pool = (ThreadPoolExecutor) java.util.concurrent.Executors.newFixedThreadPool(2);
    final Counters counters = Counters.process().child();
    /** How long the calls took, in nanoseconds. */
    final BlockingQueue<Long> took = new LinkedBlockingQueue<>();
    final AtomicInteger severalCame = new AtomicInteger();
    volatile boolean callsAreShort;
    private final ShortCalls shortCalls = new ShortCalls() {
        @Override
        void ran(long nanos) {
            took.add(nanos);
        }

        @Override
        void severalCame() {
            severalCame.incrementAndGet();
        }

        @Override
        boolean areTheRule() {
            return callsAreShort;
        }
    };
    final Executors executors = new Executors(pool, shared, null, false, counters, shortCalls);
    final FairQueue.Flow flow = new FairQueue.Flow();
    final Loop loop = new Loop();

    @BeforeEach
    void makeThreads() {
        pool.prestartAllCoreThreads();
    }

    @AfterEach
    void stop() {
        pool.shutdownNow();
        shared.shutdownNow();
    }

    /** Its network is a queue of what the leader does; its own thread only counts how often it is to come back. */
    final class Loop implements Leadable {
        final BlockingQueue<Runnable> network = new LinkedBlockingQueue<>();
        private final Semaphore lead = new Semaphore(1);
        final AtomicInteger comesBack = new AtomicInteger();
        /** Who has led, in their order. */
        final BlockingQueue<Thread> leaders = new LinkedBlockingQueue<>();
        volatile Runnable beforeTheEnd = () -> {};
        /** Sleeps until there is something in the network, for longer than a test waits. */
        volatile boolean sound;

        @Override
        public boolean serveNext(long millis, BooleanSupplier over, BooleanSupplier followed) {
            if (!lead.tryAcquire()) {
                return false;
            }
            leaders.add(Thread.currentThread());
            try {
                do {
                    Runnable event = network.poll(sound ? TimeUnit.SECONDS.toMillis(3 * PATIENCE_SECONDS) : millis, TimeUnit.MILLISECONDS);
                    if (event != null) {
                        event.run();
                    }
                } while (!over.getAsBoolean());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            lead.release();
            if (followed.getAsBoolean()) {
                beforeTheEnd.run();
            } else {
                comesBack.incrementAndGet();
            }
            return true;
        }

        @Override
        public boolean isServed() {
            return lead.availablePermits() == 0;
        }

        @Override
        public void wakeLoop() {
            network.add(() -> {});
        }

        @Override
        public void keepServed() {
            comesBack.incrementAndGet();
        }
    }

    /** Runs until it is let go, and says where. */
    static final class Call implements FairQueue.Work {
        final CompletableFuture<Thread> ranIn = new CompletableFuture<>();
        final CompletableFuture<Void> rejected = new CompletableFuture<>();
        final CountDownLatch goOn = new CountDownLatch(1);
        Runnable body = () -> {};

        @Override
        public void run() {
            ranIn.complete(Thread.currentThread());
            await(goOn);
            body.run();
        }

        @Override
        public void rejected() {
            rejected.complete(null);
        }

        Thread thread() throws Exception {
            return ranIn.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** From a loop that no thread of the service leads. */
    Call given() {
        Call call = new Call();
        executors.dispatch(flow, call, loop);
        return call;
    }

    /** From the network, to whoever leads next. */
    Call arrives() {
        Call call = new Call();
        loop.network.add(() -> executors.dispatch(flow, call, loop));
        return call;
    }

    Thread leader() throws InterruptedException {
        return loop.leaders.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
