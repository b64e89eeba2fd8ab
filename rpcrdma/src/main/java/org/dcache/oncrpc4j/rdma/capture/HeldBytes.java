// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.nio.ByteBuffer;

/**
 * Bytes at the end of a stream that do not make a whole yet, on the account of a {@link HoldBudget}. Room grows with what comes, never by
 * what a length field claims.
 */
final class HeldBytes {

    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);
    private static final int LEAST = 512;

    private final HoldBudget budget;
    /** From position to limit; the room behind the limit is free. */
    private ByteBuffer bytes = EMPTY;

    HeldBytes(HoldBudget budget) {
        this.budget = budget;
    }

    /** What is held, to be read from its position on; whoever takes bytes moves the position. */
    ByteBuffer bytes() {
        return bytes;
    }

    int length() {
        return bytes.remaining();
    }

    /** Adds a copy of what remains in {@code more}, without moving it. False when the budget does not allow it: nothing was added. */
    boolean append(ByteBuffer more) {
        int needed = bytes.remaining() + more.remaining();
        if (bytes.capacity() - bytes.limit() < more.remaining()) {
            int room = bytes.capacity();
            if (needed > room / 2) {
                room = Math.max(LEAST, 2 * needed);
                if (!budget.take(room - bytes.capacity())) {
                    return false;
                }
            }
            bytes = ByteBuffer.allocate(room).put(bytes).flip();
        }
        int end = bytes.limit();
        bytes.limit(end + more.remaining());
        bytes.put(end, more, more.position(), more.remaining());
        return true;
    }

    void clear() {
        budget.release(bytes.capacity());
        bytes = EMPTY;
    }
}
