// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

/**
 * Memory that all connections of one capture together may hold back: segments that came early, FPDUs and messages that are not complete.
 * Who asks for more than is left must do without, and says so by a problem. A stream that ends gives back what it took.
 */
public final class HoldBudget {

    private final long limit;
    private long held;

    /** A budget of so many bytes. */
    public HoldBudget(long limit) {
        this.limit = limit;
    }

    /** A quarter of the heap, at most 256 MiB. */
    public static HoldBudget ofHeap() {
        return new HoldBudget(Math.min(Runtime.getRuntime().maxMemory() / 4, 256L << 20));
    }

    /** Takes so many bytes; false, and nothing taken, when they are not left. */
    boolean take(long bytes) {
        if (bytes > limit - held) {
            return false;
        }
        held += bytes;
        return true;
    }

    void release(long bytes) {
        held -= bytes;
    }

    /** Bytes held now: 0 when all streams have ended. */
    public long held() {
        return held;
    }
}
