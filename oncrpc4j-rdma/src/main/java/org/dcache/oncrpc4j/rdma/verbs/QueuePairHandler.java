// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/**
 * Receives the events of one queue pair.
 *
 * <p>Threads: {@link #onEstablished}, {@link #onReceive}, {@link #onReadCompletion} and {@link #onDisconnected} come on the queue pair's
 * loop, one at a time. {@link #onSendCompletion} comes in posting order, one at a time, on the loop <em>or</em> on a thread
 * inside {@link QueuePair#postSend}, possibly at the same time as one of the others. No callback may block or run user code. After
 * {@link #onDisconnected} there is none, but for the failed completions of what is posted even later.
 *
 * <p>A callback that throws, {@link RuntimeException} or {@link Error}, ends its connection, with a {@link ConnectionClosedException} that
 * has it as its cause; the other callbacks still come, and no other connection notices.
 */
public interface QueuePairHandler {

    /** The connection is up; {@link QueuePair#info()} is complete. Comes before any other event. */
    void onEstablished(QueuePair queuePair);

    /** A message arrived and used up one posted receive. The handler owns the buffer until it releases it. */
    void onReceive(QueuePair queuePair, ReceiveBuffer buffer);

    /**
     * A signalled Send or Write is done: its memory and that of all earlier requests is free again.
     *
     * @param ok false when the connection ended before; the peer may or may not have got it
     */
    void onSendCompletion(QueuePair queuePair, WorkRequest request, boolean ok);

    /** A signalled RDMA Read is done (ok: the data is in its buffer) or will never be (not ok: nobody writes there any more). */
    void onReadCompletion(QueuePair queuePair, WorkRequest request, boolean ok);

    /** What the peer is expected to send. On the loop. */
    default Awaited awaited() {
        return Awaited.SOMETHING;
    }

    /**
     * The connection has ended. Every posted request has completed before, every exposure is revoked. Exactly once after
     * {@link #onEstablished}.
     *
     * @param cause what ended it; each cause has its own type
     */
    void onDisconnected(QueuePair queuePair, VerbsException cause);
}
