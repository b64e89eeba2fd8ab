// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.link;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one connection sends in one direction, calls or replies, and a loop must not send itself, since it needs memory that does not lie
 * ready: the device's helper sends it, in the order of {@link #add}. Whoever keeps that order asks {@link #isEmpty} before it sends past
 * the queue. Where a loop may use any memory nothing ever is here. Any thread.
 *
 * <p>Without a thread for it the one that adds runs it, and what is added meanwhile, so nothing is lost and nothing nests. A task that
 * throws is logged and the next one runs.
 */
public final class OffLoopQueue {

    /** Tasks after which the helper sees to other connections. */
    private static final int TURN = 32;

    private static final Logger LOG = LoggerFactory.getLogger(OffLoopQueue.class);

    private final RdmaDevice device;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final Runnable drain = this::drain;

    public OffLoopQueue(RdmaDevice device) {
        this.device = device;
    }

    /** Whether the calling thread may send whatever it has, since it may wait for memory or never has to. Neither loop nor timer may. */
    public boolean mayWait() {
        return device.regbufs().takesHeap() || !SharedThreads.mustNotWait();
    }

    /** Whether a loop may send what needs nothing but memory that it has found ready. */
    public boolean takesReady() {
        return device.regbufs().registersAhead();
    }

    /** Whether all that was added has run. */
    public boolean isEmpty() {
        return waiting.get() == 0;
    }

    public void add(Runnable task) {
        tasks.add(task);
        if (waiting.getAndIncrement() == 0 && !hasHelp()) {
            drain();
        }
    }

    private boolean hasHelp() {
        try {
            return device.tryOffLoop(drain);
        } catch (OutOfMemoryError e) {
            return false;
        }
    }

    private void drain() {
        do {
            for (int i = 0; i < TURN; i++) {
                run(tasks.remove());
                if (waiting.decrementAndGet() == 0) {
                    return;
                }
            }
        } while (!hasHelp());
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            LOG.error("what a loop left to another thread failed", e);
        }
    }
}
