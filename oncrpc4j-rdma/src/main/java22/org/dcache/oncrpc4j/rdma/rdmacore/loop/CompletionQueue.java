// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.loop;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Device;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Errno;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.NativeFunction;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Verbs;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.verbs.Awaited;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.verbs.parts.LedLoop;

/**
 * The completion queue of one direction of one queue pair, so that one peer's flood can overrun no other connection's, and what we sent
 * wakes nobody who waits for what we receive. It is as long as its work queue, and cannot overrun while that keeps to its length. Made and
 * destroyed on a control thread, polled on its loop only, and not after {@link Loop#remove}, with one exception: the control thread that
 * has destroyed the queue pair takes what is left. Any thread may arm it while the queue pair is there.
 */
public final class CompletionQueue {

    /** Takes what is taken out. On the loop. */
    public interface Taker extends LedLoop.Served {
        /** @param wc address of a struct ibv_wc, valid during the call */
        void completed(long wc);

        /** Loop: whether somebody waits for the next completion of what we posted. */
        default boolean isPrompt() {
            return true;
        }

        /** After some were taken. */
        void batchDone();

        /** One of these threw; the others are done all the same. */
        void takingFailed(Throwable problem);
    }

    private static final int BATCH = 32;
    private static final AtomicInteger COOKIES = new AtomicInteger();
    private static final java.util.ArrayDeque<Integer> FREE_COOKIES = new java.util.ArrayDeque<>();

    private final Device device;
    private final Verbs verbs;
    private final Counters counters;
    private final Taker taker;
    private final int cookie;
    private final long cq;
    private final Memory.Block completions = new Memory.Block((long) BATCH * VerbsLayout.Wc.SIZE);

    private final CompletionQueue sends;

    // of PolledQueues
    List<CompletionQueue> place;
    int at;
    long lastBusy;

    /** Of Sends. @param length completions it can hold at least */
    public CompletionQueue(Verbs verbs, Device device, Loop loop, int length, Counters counters, Taker taker)
            throws ResourceLimitException {
        this(verbs, device, loop, length, counters, taker, null);
    }

    /** Of receives. @param sends the queue of the same connection's Sends */
    public CompletionQueue(Verbs verbs, Device device, Loop loop, int length, Counters counters, Taker taker, CompletionQueue sends)
            throws ResourceLimitException {
        this.sends = sends;
        this.verbs = verbs;
        this.device = device;
        this.counters = counters;
        this.taker = taker;
        synchronized (FREE_COOKIES) {
            cookie = FREE_COOKIES.isEmpty() ? COOKIES.getAndIncrement() : FREE_COOKIES.pop();
        }
        cq = verbs.createCq(device.context(), length, cookie, loop.channel(device), 0);
        if (cq == 0) {
            int errno = NativeFunction.errno();
            free();
            throw new ResourceLimitException("no completion queue of " + length + " on " + device + ": " + Errno.text(errno));
        }
    }

    private void free() {
        completions.close();
        synchronized (FREE_COOKIES) {
            FREE_COOKIES.push(cookie);
        }
    }

    /** A small number that no other open queue has. */
    int cookie() {
        return cookie;
    }

    public long address() {
        return cq;
    }

    /** Takes what is there, at most one batch. @return whether there was something */
    public boolean poll() {
        int count = pollBatch();
        if (count <= 0) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            try {
                taker.completed(completions.address() + (long) i * VerbsLayout.Wc.SIZE);
            } catch (Throwable e) {
                taker.takingFailed(e);
            }
        }
        try {
            taker.batchDone();
        } catch (Throwable e) {
            taker.takingFailed(e);
        }
        return true;
    }

    /** Null if it is one of Sends. */
    CompletionQueue sends() {
        return sends;
    }

    /** Loop: whether the next completion is to wake it. A receive always is. */
    boolean isPrompt() {
        return sends != null || taker.isPrompt();
    }

    /** Loop: what is on its way. */
    Awaited awaited() {
        return taker.awaited();
    }

    /** Loop: they cannot be taken. */
    void failed(Throwable problem) {
        taker.takingFailed(problem);
    }

    /**
     * Takes all that is there for the sake of its receives; what else there is nobody hears of. Not while {@link #poll} is taking. @param
     * receive given the wr_id of each
     */
    public void takeReceives(LongConsumer receive) {
        for (int count = pollBatch(); count > 0; count = pollBatch()) {
            for (int i = 0; i < count; i++) {
                long wrId = Memory.getLong(completions.address() + (long) i * VerbsLayout.Wc.SIZE + VerbsLayout.Wc.WR_ID);
                if ((wrId & ReceiveQueue.RECEIVE) != 0) {
                    receive.accept(wrId);
                }
            }
        }
    }

    private int pollBatch() {
        counters.increment(RdmaCoreCounter.POLL_CALLS);
        int count = device.calls().pollCq(cq, BATCH, completions.address());
        if (count > 0) {
            counters.add(RdmaCoreCounter.COMPLETIONS, count);
        }
        return count;
    }

    /** Asks for an event at the next completion. Any thread. */
    public void arm() {
        counters.increment(RdmaCoreCounter.NOTIFY_CALLS);
        device.calls().requestNotify(cq);
    }

    /** Control thread, when its queue pair is destroyed and the loop has forgotten it. */
    public void destroy() {
        verbs.destroyCq(cq);
        free();
    }
}
