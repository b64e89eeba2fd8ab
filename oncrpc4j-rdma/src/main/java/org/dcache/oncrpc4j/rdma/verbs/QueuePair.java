// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.util.function.BooleanSupplier;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/**
 * One reliable connection. It lives on one loop, whose thread makes all its callbacks: the provider's own, or one that serves the loop for
 * a time ({@link #serveUntil}).
 *
 * <p>Every method may be called from any thread and, but for that one, never blocks. Work posted after the connection ended completes
 * as failed; nothing is lost silently.
 */
public interface QueuePair {

    ConnectionInfo info();

    /** Lets the peer send {@code count} more messages. A message that comes without one ends the connection. */
    void postReceives(int count);

    /**
     * Posts a chain of work requests, linked by {@link WorkRequest#next()}. They take effect in order. The caller writes: when the
     * output is idle, the provider sends in this thread, else the thread that is sending takes them over.
     *
     * <p>From here until the completion of a request, or of a later signalled one, its fields and buffers belong to
     * the provider, which may move the buffers' positions. Only signalled requests complete, each exactly once. The
     * last one of a chain must be signalled. What is posted when {@link QueuePairHandler#onDisconnected} has been called already completes
     * as failed all the same, inside this call (a Read possibly later on the loop).
     */
    void postSend(WorkRequest chain);

    /**
     * As {@link #postSend}, of a chain that others will soon follow: the provider may leave it to the loop to send them together, which
     * saves system calls or doorbells. Only the loop's other work is waited for, never what has not been posted yet.
     */
    default void postSendOfMany(WorkRequest chain) {
        postSend(chain);
    }

    /**
     * Makes memory reachable for this connection's peer only, under an unpredictable STag.
     *
     * @throws VerbsException when no more memory can be exposed on this connection (a bound, not a fault)
     */
    Exposure expose(MemorySource memory, Access access) throws VerbsException;

    /**
     * Whether so many pieces of registered memory can be exposed now without waiting for the system, so that a loop may do it. Who finds it
     * so and is overtaken by another thread waits for a short system call at most.
     */
    default boolean exposesAtOnce(int pieces) {
        return true;
    }

    /**
     * Runs a task on the loop of this queue pair, also after the connection ended, in the order of the calls.
     *
     * @return false when the adapter is closed; the task will not run then
     */
    boolean execute(Runnable task);

    /** Whether the calling thread is this queue pair's loop. */
    boolean inLoop();

    /**
     * Serves the loop of this queue pair in the calling thread until it has what it waits for, where the provider can and it is of use: a
     * thread that waits for what the loop brings need not be woken by it then. Any thread that may block and is no loop. An interrupt ends
     * it and is kept. Who ends the wait in a thread that is no loop gives the loop a task behind that, to wake it.
     *
     * @param over whether the wait is over; asked in the calling thread
     * @return false when nothing was done; the caller waits as ever
     */
    default boolean serveUntil(BooleanSupplier over) {
        return false;
    }

    /**
     * As {@link #serveUntil}, in a thread of a service that waits for the next call. Whoever leaves the loop with a call gives it to
     * another thread of the service, if it can, or comes back in a moment; the loop's own thread has it if not.
     *
     * @param millis how long it sleeps at most before it asks whether the wait is over
     * @param followed asked once, when the wait is over: whether it is about to serve again, or another thread of the service in its
     *        place
     */
    default boolean serveNext(long millis, BooleanSupplier over, BooleanSupplier followed) {
        return false;
    }

    /**
     * Whether a thread serves the loop just now, so that {@link #serveNext} would do nothing; asked by a thread that would serve it, which
     * is noted. Any thread.
     */
    default boolean isServed() {
        return true;
    }

    /** Something is awaited of the peer by nobody who {@linkplain #serveUntil serves} the loop meanwhile. Any thread. */
    default void keepServed() {}

    /**
     * Whether the provider takes nothing of what the peer sends, since it has no memory for a message that came. What the peer owes may lie
     * behind that: it is not to be blamed for being silent or late. Any thread; true at most while receive buffers are held.
     */
    default boolean isReceiveStalled() {
        return false;
    }

    /**
     * The periodic look: ends a connection whose peer has not gone on for so long with what it has begun, and holds memory meanwhile, where
     * no device sees to that. One thread at a time.
     *
     * @param now {@link System#nanoTime}
     * @param patience nanoseconds; {@link Long#MAX_VALUE} for ever
     */
    default void patrol(long now, long patience) {}

    /** Sends what was posted, then closes. Idempotent; the first cause wins. */
    void disconnect(VerbsException cause);

    /** Closes at once; posted work fails. Idempotent; the first cause wins. */
    void abort(VerbsException cause);

    /** False from the moment the end of the connection was decided, before {@link QueuePairHandler#onDisconnected}. */
    boolean isOpen();
}
