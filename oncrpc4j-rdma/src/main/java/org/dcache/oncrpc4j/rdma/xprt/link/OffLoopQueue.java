// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.link;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * What one connection sends in one direction, calls or replies, and a loop must not send itself, since it needs memory that does not lie
 * ready: the device's helper sends it. Order is kept: while something is here, what comes after it goes here too, whichever thread brings
 * it. Where a loop may use any memory nothing ever is. Any thread.
 */
public final class OffLoopQueue {

    private final RdmaDevice device;
    private final AtomicInteger waiting = new AtomicInteger();

    public OffLoopQueue(RdmaDevice device) {
        this.device = device;
    }

    /** Whether the calling thread may send whatever it has, since it may wait for memory or never has to, and nothing is before it. */
    public boolean isOpen() {
        return device.regbufs().takesHeap() || waiting.get() == 0 && !SharedThreads.isLoop();
    }

    /** Whether a loop may send what needs nothing but memory that it has found ready. */
    public boolean isOpenToLoops() {
        return waiting.get() == 0 && device.regbufs().registersAhead();
    }

    /** Runs the task behind all that is here; in this thread only when there is no other, see {@link RdmaDevice#offLoop}. */
    public void add(Runnable task) {
        waiting.incrementAndGet();
        device.offLoop(() -> {
            try {
                task.run();
            } finally {
                waiting.decrementAndGet();
            }
        });
    }
}
