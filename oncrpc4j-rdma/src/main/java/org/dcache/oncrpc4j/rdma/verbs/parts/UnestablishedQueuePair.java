// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import org.dcache.oncrpc4j.rdma.metrics.CounterName;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/**
 * What a handler sees whose accepted connection has ended before the provider had anything for it: the end, and a queue pair on which all
 * work fails.
 */
public final class UnestablishedQueuePair extends LoopQueuePair {

    private final LoopWork loop;
    private final Thread thread = Thread.currentThread();
    private final ConnectionInfo info;
    private final LateRequests late = new LateRequests();

    private UnestablishedQueuePair(LoopWork loop, QueuePairHandler handler, Counters counters, CounterName failures, ConnectionInfo info) {
        super(loop, handler, counters, failures, failures);
        this.loop = loop;
        this.info = info;
    }

    /** On this loop: the handler hears of the end. */
    public static void tell(LoopWork loop, QueuePairHandler handler, Counters counters, CounterName failures, ConnectionInfo info,
            VerbsException cause) {
        new UnestablishedQueuePair(loop, handler, counters, failures, info).endNow(cause);
    }

    @Override
    protected void finish() {
        tearDown();
    }

    @Override
    protected void teardown() {
        tellEnd();
    }

    @Override
    public ConnectionInfo info() {
        return info;
    }

    @Override
    public void postReceives(int count) {
        // No message will come.
    }

    @Override
    public void postSend(WorkRequest chain) {
        late.fail(chain, request -> tellCompleted(request, false));
    }

    @Override
    public Exposure expose(MemorySource memory, Access access) throws VerbsException {
        throw new ConnectionClosedException("the connection with " + info.remote() + " has ended");
    }

    @Override
    public boolean execute(Runnable task) {
        return loop.execute(task);
    }

    @Override
    public boolean inLoop() {
        return Thread.currentThread() == thread;
    }
}
