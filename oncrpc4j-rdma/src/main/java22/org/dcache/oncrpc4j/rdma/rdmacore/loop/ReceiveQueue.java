// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.loop;

/**
 * What a connection receives into: receives of its own ({@code OwnReceives}), or a part of those that connections share ({@code
 * SharedCredits}). The engine posts; the loop takes what was filled; the queue's buffers go back to their {@link ReceivePool} at the end,
 * whatever came before.
 */
public interface ReceiveQueue {

    /** Bit of wr_id that tells receives from sends. */
    long RECEIVE = 1L << 62;

    /** struct ibv_srq for the queue pair that is to be made, 0 for receives of its own. */
    long shared();

    /** Receives that the queue pair is to have of its own. */
    int depth();

    /** Completions there can be of receives, whatever the peer does. */
    int mostCompletions();

    /** Buffers that the pool must have for that many receives. */
    int toReserve(int receives);

    /** Control: the queue pair exists; posts the first receives. */
    void open(long queuePair, int receives);

    /** Any thread: so many more messages may come. */
    void post(int count);

    /** Loop: the buffer of a completion. It is to be handed on, or given to {@link #unused}. */
    PooledReceive completed(long wrId);

    /** Loop: puts a buffer back that no message came in. */
    void unused(PooledReceive buffer);

    /** From now on nothing is posted for this connection. */
    void stop();

    /** Any thread: the device says that no receive will be completed for the queue pair any more (IBV_EVENT_QP_LAST_WQE_REACHED). */
    void lastReached();

    /** Whether all that will be completed is, or is known to be on its way. */
    boolean isDrained();

    /** Whoever polls: nothing is to be handed on any more, and what completed is to be taken for its buffers alone. */
    void takeBack(CompletionQueue completions);

    /** Control: the queue pair is destroyed, its completion queue not yet. */
    void queuePairGone(CompletionQueue completions);

    /** The queue pair is destroyed, or was never made. Idempotent. */
    void drop();
}
