// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Direct memory that READ reads files into and that the reply is sent from, so that the data is not copied in between; no matter which
 * transport sends it.
 *
 * <p>Each buffer belongs to one lease from {@link #take} to {@link Lease#release}, after which it is used again, or {@link Lease#abandon},
 * when it is not known whether somebody still reads it; then it is left to the garbage collector. All of it together, idle or not, stays
 * within a budget: a client that asks but does not take its replies cannot make us hold more. Any thread.
 */
final class ReadBuffers {

    /** Sizes are powers of two from this to {@link Limits#MAX_TRANSFER}. */
    private static final int SMALLEST = 4096;

    private final long budget;
    private final Deque<ByteBuffer>[] idle;
    private long allocated;

    /** @param budget bytes */
    @SuppressWarnings({"unchecked", "rawtypes"})
    ReadBuffers(long budget) {
        this.budget = budget;
        int classes = sizeClass(Limits.MAX_TRANSFER) + 1;
        idle = new Deque[classes];
        for (int i = 0; i < classes; i++) {
            idle[i] = new ArrayDeque<>();
        }
    }

    private static int sizeClass(int bytes) {
        return bytes <= SMALLEST ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros((bytes - 1) / SMALLEST);
    }

    /**
     * Takes a buffer.
     *
     * @param bytes at most {@link Limits#MAX_TRANSFER}
     * @return null when the budget is used up
     */
    synchronized Lease take(int bytes) {
        int sizeClass = sizeClass(bytes);
        ByteBuffer buffer = idle[sizeClass].poll();
        if (buffer == null) {
            int size = SMALLEST << sizeClass;
            for (int i = idle.length - 1; i >= 0 && allocated + size > budget; i--) {
                while (allocated + size > budget && !idle[i].isEmpty()) {
                    allocated -= idle[i].pop().capacity();
                }
            }
            if (allocated + size > budget) {
                return null;
            }
            try {
                buffer = ByteBuffer.allocateDirect(size);
            } catch (OutOfMemoryError e) {
                // -XX:MaxDirectMemorySize is smaller than the budget: the same as its end.
                return null;
            }
            allocated += size;
        }
        return new Lease(buffer.clear().limit(bytes), sizeClass);
    }

    private synchronized void put(ByteBuffer buffer, int sizeClass) {
        idle[sizeClass].push(buffer);
    }

    private synchronized void drop(ByteBuffer buffer) {
        allocated -= buffer.capacity();
    }

    /** Bytes, idle and in use. */
    synchronized long allocated() {
        return allocated;
    }

    /** Bytes in use. */
    synchronized long inUse() {
        long bytes = allocated;
        for (Deque<ByteBuffer> buffers : idle) {
            bytes -= buffers.stream().mapToLong(ByteBuffer::capacity).sum();
        }
        return bytes;
    }

    /** A buffer in use. */
    final class Lease {

        private final ByteBuffer buffer;
        private final int sizeClass;
        private final AtomicBoolean over = new AtomicBoolean();

        private Lease(ByteBuffer buffer, int sizeClass) {
            this.buffer = buffer;
            this.sizeClass = sizeClass;
        }

        ByteBuffer buffer() {
            return buffer;
        }

        /** Nobody reads it any more. Idempotent. */
        void release() {
            if (over.compareAndSet(false, true)) {
                put(buffer, sizeClass);
            }
        }

        /** Somebody may still read it. Idempotent. */
        void abandon() {
            if (over.compareAndSet(false, true)) {
                drop(buffer);
            }
        }
    }
}
