// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.executor;

import java.util.ArrayDeque;

/**
 * The calls that wait for a thread of the service, by connection: the connections take turns, call by call, each with its own in their
 * order. So a client with a hundred bulk calls outstanding does not hold up the one call of another.
 *
 * <p>It only chooses: who adds a call also gives the service's executor a task that asks for the next one, so there are as many tasks as
 * calls, and a call that blocks takes one thread and nothing from the others. A task may find nothing, see {@link Executors}. Any thread;
 * its monitor is held for a few moves.
 */
public final class FairQueue {

    /** What waits. */
    public interface Work {
        void run();

        /** There is no thread for it. */
        void rejected();
    }

    /** The waiting calls of one connection. */
    public static final class Flow {
        // guarded by the queue
        private final ArrayDeque<Work> waiting = new ArrayDeque<>(2);
    }

    /** Flows in which something waits; each once. */
    private final ArrayDeque<Flow> turns = new ArrayDeque<>();

    synchronized void add(Flow flow, Work work) {
        flow.waiting.addLast(work);
        if (flow.waiting.size() == 1) {
            turns.addLast(flow);
        }
    }

    synchronized boolean isEmpty() {
        return turns.isEmpty();
    }

    synchronized boolean waits(Flow flow, Work work) {
        return flow.waiting.contains(work);
    }

    /** What is next; its flow goes behind the others. Null when nothing waits. */
    synchronized Work next() {
        Flow flow = turns.pollFirst();
        if (flow == null) {
            return null;
        }
        Work work = flow.waiting.pollFirst();
        if (!flow.waiting.isEmpty()) {
            turns.addLast(flow);
        }
        return work;
    }

    /**
     * The executor takes no task for what was just added: one that waits is too many, of this flow if it has any. The youngest of it. Null
     * when nothing waits.
     */
    synchronized Work takeBack(Flow flow) {
        if (flow.waiting.isEmpty()) {
            return next();
        }
        Work work = flow.waiting.pollLast();
        if (flow.waiting.isEmpty()) {
            turns.remove(flow);
        }
        return work;
    }
}
