// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.requester;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.metrics.latency.Operation;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;

/** Waits for the reply to one call. On the connection's loop unless said otherwise. */
public interface ReplyListener {

    /**
     * Says where data that came by Write chunks belongs.
     *
     * @param reduced the RPC message as it came inline, from position 0
     * @param lengths bytes written to each chunk that was offered, in order
     * @param count how many chunks were offered
     * @param positions takes the place in {@code reduced} of each chunk's data; untouched (-1) for one that was not used
     * @throws IOException when reply and chunks contradict each other: the call fails with it
     */
    void locate(ByteBuffer reduced, int[] lengths, int count, int[] positions) throws IOException;

    /**
     * The reply, whole; every exposure of the call is fenced.
     *
     * @param message from the xid on, position 0
     * @param memory the pooled memory it lies in, which the listener releases; null: the message is on the heap and its own, or, for one
     *     that {@link #decodesAtOnce}, lies where it was received and is good until this returns
     */
    void replied(ByteBuffer message, Regbuf memory);

    /** Whether nobody waits for a reply, and the peer sends none (RFC 5531, section 8, batching). */
    default boolean oneWay() {
        return false;
    }

    /**
     * Whether it is done with large data of the reply when it releases the memory that this lies in, so that the data may come into memory
     * that is used again. If not, it comes where the application can keep it, as far as the provider can place there.
     */
    default boolean borrows() {
        return false;
    }

    /** Whether it is done with the reply when {@link #replied} returns, so that a small one need not be copied. */
    default boolean decodesAtOnce() {
        return false;
    }

    /** What the call is for, as its latency is shown. */
    default Operation operation() {
        return Operation.UNNAMED;
    }

    /** There is no reply. On the loop, or on the thread that sends or gives up the call. */
    void failed(IOException cause);
}
