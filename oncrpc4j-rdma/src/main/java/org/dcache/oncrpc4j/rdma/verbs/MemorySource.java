// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;

/**
 * Memory to be exposed, possibly made only when the peer first touches it (see {@link Capabilities#lazyExposure()}). A provider uses either
 * {@link #memory()}, or, where it places the peer's data itself and says what was {@link Exposure#written}, {@link #memory(int)}.
 */
public interface MemorySource {

    /** Bytes exposed; fixed, at least 1. */
    int length();

    /**
     * The memory: {@link #length()} bytes from its position on. Called at most once, on the loop or in
     * {@link QueuePair#expose}; must not block. Heap memory is legal where {@link Capabilities#anyMemory()}.
     */
    ByteBuffer memory();

    /**
     * Memory for at least the first {@code upTo} bytes, from its position on, with what was written to what it gave before. On the loop,
     * when the peer first writes and whenever it writes where there is no memory yet; must not block.
     *
     * @throws ResourceLimitException when there is no memory to be had; the connection ends
     */
    default ByteBuffer memory(int upTo) throws ResourceLimitException {
        return memory();
    }

    /** Memory that is there already: the bytes between position and limit. */
    static MemorySource of(ByteBuffer view) {
        int length = view.remaining();
        return new MemorySource() {
            @Override
            public int length() {
                return length;
            }

            @Override
            public ByteBuffer memory() {
                return view;
            }
        };
    }
}
