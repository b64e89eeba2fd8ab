// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import java.util.function.BooleanSupplier;
import org.dcache.oncrpc4j.rdma.metrics.CounterName;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.Awaited;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;

/**
 * A queue pair on a loop that threads which wait for its replies or calls may serve ({@link LedLoop}), where the setting {@code
 * oncrpc.rdma.wait-in-loop} lets them. Each time that one did is counted.
 */
public abstract class LedQueuePair extends LoopQueuePair implements LedLoop.Served {

    private final LedLoop loop;
    private final boolean waitInLoop;
    private final Counters counters;
    private final CounterName waits;

    /**
     * @param waitInLoop whether threads that wait may serve the loop
     * @param waits counts those that did
     */
    protected LedQueuePair(LedLoop loop, boolean waitInLoop, QueuePairHandler handler, Counters counters, CounterName failures,
            CounterName overdue, CounterName waits) {
        super(loop, handler, counters, failures, overdue);
        this.loop = loop;
        this.waitInLoop = waitInLoop;
        this.counters = counters;
        this.waits = waits;
    }

    @Override
    public final boolean inLoop() {
        return loop.inLoop();
    }

    @Override
    public final boolean serveUntil(BooleanSupplier over) {
        return counted(waitInLoop && loop.serveUntil(over));
    }

    @Override
    public final boolean serveNext(long millis, BooleanSupplier over, BooleanSupplier followed) {
        return counted(waitInLoop && loop.serveNext(millis, over, followed));
    }

    @Override
    public final boolean isServed() {
        return !waitInLoop || loop.isServed();
    }

    private boolean counted(boolean served) {
        if (served) {
            counters.increment(waits);
        }
        return served;
    }

    @Override
    public final void keepServed() {
        loop.keepServed();
    }

    /** What ends is awaited too. */
    @Override
    public final Awaited awaited() {
        return isOpen() ? handlerAwaits() : Awaited.SOMETHING;
    }
}
