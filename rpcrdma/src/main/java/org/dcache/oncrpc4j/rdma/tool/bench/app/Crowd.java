// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * Very many connections of a client JVM, opened by several threads; most of them are idle, some are busy with NULL calls. They belong to a
 * service of their own, so that they can be closed together. One thread calls this.
 */
final class Crowd {

    private static final int OPENERS = 16;
    private static final long HIGHEST = TimeUnit.MINUTES.toNanos(1);

    /** Makes the connection with this number. */
    interface Opener {
        RpcTransport open(OncRpcSvc service, int number) throws IOException;
    }

    private final Callable<OncRpcSvc> starter;
    private final Opener opener;
    private final Function<RpcTransport, RpcCall> calls;
    private final List<RpcTransport> open = Collections.synchronizedList(new ArrayList<>());
    private OncRpcSvc service;

    Crowd(Callable<OncRpcSvc> starter, Opener opener, Function<RpcTransport, RpcCall> calls) {
        this.starter = starter;
        this.opener = opener;
        this.calls = calls;
    }

    /** Opens more of them; answers how many are open then, and how long opening took. */
    Message open(int more) throws Exception {
        if (service == null) {
            service = starter.call();
        }
        AtomicInteger next = new AtomicInteger(open.size());
        int end = next.get() + more;
        long begin = System.nanoTime();
        ExecutorService threads = Executors.newFixedThreadPool(OPENERS);
        try {
            List<Future<Void>> all = threads.invokeAll(Collections.nCopies(OPENERS, () -> {
                for (int i = next.getAndIncrement(); i < end; i = next.getAndIncrement()) {
                    open.add(opener.open(service, i));
                }
                return null;
            }));
            for (Future<Void> one : all) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw new IOException("expected " + end + " open connections, got " + open.size() + ": " + e.getCause(), e.getCause());
        } finally {
            threads.shutdownNow();
        }
        long nanos = System.nanoTime() - begin;
        return Message.of("ok", "open", open.stream().filter(RpcTransport::isOpen).count(), "nanos", nanos);
    }

    /** Makes one NULL call after the other on each of some connections, which are chosen anew each time, so that idle ones are used. */
    Message busy(int connections, long nanos) throws Exception {
        List<RpcTransport> chosen = new ArrayList<>(open);
        Collections.shuffle(chosen, ThreadLocalRandom.current());
        ConcurrentHistogram latencies = new ConcurrentHistogram(HIGHEST, 3);
        long begin = System.nanoTime();
        int busy = Math.min(connections, chosen.size());
        CountDownLatch left = new CountDownLatch(busy);
        List<Pings> pings = chosen.subList(0, busy).stream()
                .map(transport -> new Pings(calls.apply(transport), latencies, begin + nanos, left)).toList();
        pings.forEach(Pings::next);
        left.await();
        long took = System.nanoTime() - begin;
        for (Pings one : pings) {
            one.throwFailure();
        }
        return Message.of("ok", "calls", latencies.getTotalCount(), "nanos", took, "latencies", Meter.encode(latencies));
    }

    /**
     * Makes a NULL call on one connection at each interval, by the calling thread.
     *
     * @param calls takes how long each call took
     * @param sinceDue takes the same from when the call was due: one that is late because of the call before has waited as well, and where
     *     calls take longer than the interval each waits for all before it
     */
    void paced(long nanos, long interval, Histogram calls, Histogram sinceDue) throws IOException {
        RpcCall call = this.calls.apply(open.get(0));
        long end = System.nanoTime() + nanos;
        for (long due = System.nanoTime(); due < end; due += interval) {
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
            long begun = System.nanoTime();
            call.call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            long now = System.nanoTime();
            calls.recordValue(Math.min(HIGHEST, now - begun));
            sinceDue.recordValue(Math.min(HIGHEST, now - due));
        }
    }

    /** Takes latencies as {@link #paced} measures them. */
    static Histogram histogram() {
        return new Histogram(HIGHEST, 3);
    }

    /** Closes them all; answers how long that took. */
    Message close() throws IOException {
        long begin = System.nanoTime();
        if (service != null) {
            service.stop();
            service = null;
        }
        open.clear();
        return Message.of("ok", "nanos", System.nanoTime() - begin);
    }
}
