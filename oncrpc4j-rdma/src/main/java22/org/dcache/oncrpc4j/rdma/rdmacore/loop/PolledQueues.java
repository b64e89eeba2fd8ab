// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.loop;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.dcache.oncrpc4j.rdma.verbs.Awaited;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The completion queues of a loop, and how each is looked at: polled in every turn (hot), polled now and then (warm), or armed and left to
 * its channel (cold). Of the loop thread.
 *
 * <p>A queue becomes hot by an event, or when somebody has the loop look at it. When it is empty, and has been for the time that the
 * setting {@code oncrpc.rdma.rdma-core.spin} says, it is armed, polled once more, since a completion before the arming tells nobody, and is
 * cold.
 *
 * <p>That a Send of ours is done is nothing to wake a loop for: a queue of Sends becomes warm in place of cold, unless it {@linkplain
 * CompletionQueue#isPrompt is to be prompt}. It is polled before the receives of its connection, and at least every {@value #LINGER_MILLIS}
 * ms; after as long without a completion it is armed after all, so that a loop without work sleeps for good. Who posts what is to be prompt
 * arms the queue before, in whatever thread; its event makes the queue hot.
 */
final class PolledQueues {

    /** How long a loop may sleep while there are warm queues, and how long these stay warm without a completion. */
    static final long LINGER_MILLIS = 10;

    private static final long LINGER_NANOS = LINGER_MILLIS * 1_000_000;
    /** While the loop is busy, warm queues are polled this often. */
    private static final long SWEEP_NANOS = 1_000_000;

    private static final Logger LOG = LoggerFactory.getLogger(PolledQueues.class);

    private final long spinNanos;
    private final List<CompletionQueue> all = new ArrayList<>();
    private final List<CompletionQueue> hot = new ArrayList<>();
    private final List<CompletionQueue> warm = new ArrayList<>();
    private CompletionQueue[] byCookie = new CompletionQueue[16];
    private long nextSweep;

    PolledQueues(long spinNanos) {
        this.spinNanos = spinNanos;
    }

    /** Unless it is there already. */
    void add(CompletionQueue queue) {
        int cookie = queue.cookie();
        if (cookie >= byCookie.length) {
            byCookie = Arrays.copyOf(byCookie, Math.max(cookie + 1, byCookie.length * 2));
        }
        if (byCookie[cookie] != queue) {
            byCookie[cookie] = queue;
            all.add(queue);
        }
        heat(cookie);
    }

    void remove(CompletionQueue queue) {
        if (find(queue.cookie()) == queue) {
            byCookie[queue.cookie()] = null;
            all.remove(queue);
            move(queue, null);
        }
    }

    /** Something has come to the queue with this cookie, or will soon. None is one that is gone. */
    void heat(int cookie) {
        CompletionQueue queue = find(cookie);
        if (queue != null && queue.place != hot) {
            queue.lastBusy = System.nanoTime();
            move(queue, hot);
        }
    }

    private CompletionQueue find(int cookie) {
        return cookie < byCookie.length ? byCookie[cookie] : null;
    }

    /** @param to null: it is cold */
    private static void move(CompletionQueue queue, List<CompletionQueue> to) {
        List<CompletionQueue> from = queue.place;
        if (from != null) {
            CompletionQueue last = from.remove(from.size() - 1);
            if (last != queue) {
                from.set(queue.at, last);
                last.at = queue.at;
            }
        }
        queue.place = to;
        if (to != null) {
            queue.at = to.size();
            to.add(queue);
        }
    }

    int count() {
        return all.size();
    }

    /** What is on its way to any of them. */
    Awaited awaited() {
        Awaited awaited = Awaited.NOTHING;
        for (int i = 0; i < all.size() && awaited != Awaited.SOMETHING; i++) {
            awaited = awaited.and(all.get(i).awaited());
        }
        return awaited;
    }

    boolean anyHot() {
        return !hot.isEmpty();
    }

    boolean anyWarm() {
        return !warm.isEmpty();
    }

    /** Whether there are any that may have an event. */
    boolean anyCold() {
        return hot.size() + warm.size() < all.size();
    }

    /** Polls those whose turn it is. @return whether there was something */
    boolean poll() {
        boolean busy = false;
        for (int i = hot.size() - 1; i >= 0; i--) {
            // A callback may remove queues.
            if (i < hot.size()) {
                busy |= pollHot(hot.get(i));
            }
        }
        if (!warm.isEmpty()) {
            long now = System.nanoTime();
            if (now - nextSweep >= 0) {
                nextSweep = now + SWEEP_NANOS;
                busy |= sweep(now);
            }
        }
        return busy;
    }

    private boolean pollHot(CompletionQueue queue) {
        CompletionQueue sends = queue.sends();
        boolean busy = sends != null && sends.place == warm && pollBusy(sends);
        // What was taken may have removed both.
        if (queue.place == hot && pollBusy(queue)) {
            return true;
        }
        if (queue.place == hot && System.nanoTime() - queue.lastBusy >= spinNanos) {
            if (queue.isPrompt()) {
                busy |= arm(queue);
            } else {
                move(queue, warm);
            }
        }
        return busy;
    }

    private boolean sweep(long now) {
        boolean busy = false;
        for (int i = warm.size() - 1; i >= 0; i--) {
            CompletionQueue queue = i < warm.size() ? warm.get(i) : null;
            if (queue != null && pollBusy(queue)) {
                busy = true;
            } else if (queue != null && queue.place == warm && now - queue.lastBusy >= LINGER_NANOS) {
                busy |= arm(queue);
            }
        }
        return busy;
    }

    /** @return whether it was not empty, and stays where it is */
    private boolean arm(CompletionQueue queue) {
        queue.arm();
        List<CompletionQueue> place = queue.place;
        if (pollBusy(queue)) {
            return true;
        }
        if (queue.place == place) {
            move(queue, null);
        }
        return false;
    }

    private boolean pollBusy(CompletionQueue queue) {
        try {
            if (!queue.poll()) {
                return false;
            }
            queue.lastBusy = System.nanoTime();
            return true;
        } catch (Throwable e) {
            LOG.error("taking completions failed", e);
            queue.failed(e);
            return false;
        }
    }
}
