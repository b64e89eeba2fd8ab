// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;
import java.nio.channels.CompletionHandler;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.AtomicHistogram;
import org.HdrHistogram.Histogram;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrAble;

/**
 * A closed loop of calls on one connection: as many outstanding as the point says; after each reply comes the next call, until the time or
 * the number of calls is used up.
 *
 * <p>Depth 1 calls synchronously from the caller's thread. Deeper loads have one {@link Slot} per outstanding call; after a reply, a slot
 * makes its next call in one of a few issuing threads, or in the reply's callback. A slot is used by one thread at a time; the queue, or
 * oncrpc4j's own hand-over, orders them. Latency is the time from before the call is encoded until its reply is decoded and checked.
 *
 * <p>The first failure of a call ends the run; {@link #run} throws it when no call is outstanding any more.
 */
final class Load {

    /** Largest latency that is recorded, nanoseconds; longer ones count as this. */
    private static final long HIGHEST = 60_000_000_000L;

    private final RpcCall call;
    private final int depth;
    private final Protocol.Supply exchanges;
    private final AtomicHistogram latencies = new AtomicHistogram(HIGHEST, 3);
    private final AtomicLong tickets = new AtomicLong();
    private final AtomicLong completed = new AtomicLong();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private long maxCalls;
    private long deadline;

    /**
     * @param call used for all calls of the connection, because each {@code RpcCall} counts xids of its own
     * @param depth calls outstanding at a time
     */
    Load(RpcCall call, int depth, Protocol.Supply exchanges) {
        this.call = call;
        this.depth = depth;
        this.exchanges = exchanges;
    }

    /** The result of a run. */
    record Outcome(long calls, long nanos, Histogram latencies) {}

    /**
     * @param nanos how long new calls are begun
     * @param calls most calls to begin
     * @param issuers threads that begin calls at depths above 1; 0: the replies' callbacks do
     * @throws IOException the first failure of a call
     */
    Outcome run(long nanos, long calls, int issuers) throws IOException, InterruptedException {
        maxCalls = calls;
        long start = System.nanoTime();
        deadline = start + nanos;
        if (depth == 1) {
            new Slot(null, null).callSynchronously();
        } else {
            runDeep(issuers);
        }
        long took = System.nanoTime() - start;
        Throwable t = failure.get();
        if (t != null) {
            throw t instanceof IOException e ? e : new IOException(t);
        }
        return new Outcome(completed.get(), took, latencies);
    }

    private void runDeep(int issuers) throws InterruptedException {
        CountDownLatch idle = new CountDownLatch(depth);
        BlockingQueue<Slot> ready = issuers == 0 ? null : new ArrayBlockingQueue<>(depth);
        Thread[] threads = new Thread[Math.min(issuers, depth)];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> issue(ready), "bench issuer " + i);
            threads[i].setDaemon(true);
            threads[i].start();
        }
        for (int i = 0; i < depth; i++) {
            Slot slot = new Slot(ready, idle);
            if (ready == null) {
                slot.next();
            } else {
                ready.add(slot);
            }
        }
        idle.await();
        for (Thread thread : threads) {
            thread.interrupt();
            thread.join();
        }
    }

    private static void issue(BlockingQueue<Slot> ready) {
        try {
            while (true) {
                ready.take().next();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Makes calls one after the other. */
    private final class Slot implements CompletionHandler<RpcReply, RpcTransport> {

        private final BlockingQueue<Slot> ready;
        private final CountDownLatch idle;
        private final Exchange exchange = exchanges.exchange();
        private boolean first = true;
        private long begun;

        Slot(BlockingQueue<Slot> ready, CountDownLatch idle) {
            this.ready = ready;
            this.idle = idle;
        }

        /** Whether the next call may begin; the first one always may in respect of time, so that every run has calls to count. */
        private boolean mayBegin() {
            boolean inTime = first || System.nanoTime() < deadline;
            first = false;
            return inTime && failure.get() == null && tickets.getAndIncrement() < maxCalls;
        }

        void callSynchronously() {
            try {
                while (mayBegin()) {
                    XdrAble arguments = prepare();
                    XdrAble result = exchange.result();
                    call.call(exchange.procedure(), arguments, result);
                    account();
                }
            } catch (IOException | RuntimeException e) {
                failure.compareAndSet(null, e);
            }
        }

        /** Begins the next call, or ends this slot when the run is over. */
        void next() {
            if (!mayBegin()) {
                idle.countDown();
                return;
            }
            try {
                call.call(exchange.procedure(), prepare(), this);
            } catch (IOException | RuntimeException e) {
                failed(e, null);
            }
        }

        @Override
        public void completed(RpcReply reply, RpcTransport transport) {
            try {
                reply.getReplyResult(exchange.result());
                account();
            } catch (IOException | RuntimeException e) {
                failed(e, transport);
                return;
            }
            if (ready == null) {
                next();
            } else {
                ready.add(this);
            }
        }

        @Override
        public void failed(Throwable cause, RpcTransport transport) {
            failure.compareAndSet(null, cause);
            idle.countDown();
        }

        private XdrAble prepare() {
            begun = System.nanoTime();
            return exchange.arguments(begun ^ ((long) System.identityHashCode(this) << 40));
        }

        private void account() throws IOException {
            exchange.check();
            latencies.recordValue(Math.min(HIGHEST, Math.max(1, System.nanoTime() - begun)));
            completed.incrementAndGet();
        }
    }
}
