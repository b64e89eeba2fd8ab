// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.nio.ByteBuffer;

/** A received message. Belongs to the handler until {@link #release()}; then the memory is used again. */
public interface ReceiveBuffer {

    /** The message: position 0, limit its length, big-endian. The same object at each call. */
    ByteBuffer data();

    /** Whether the message came with a valid Send with Invalidate. */
    boolean invalidated();

    /**
     * The STag that it invalidated; meaningful only if {@link #invalidated()}. The peer cannot use it any more; whether our own side is
     * done with the memory as well, {@link Exposure#revoke} says.
     */
    int invalidatedStag();

    /** Gives the memory back. Any thread, exactly once. */
    void release();
}
