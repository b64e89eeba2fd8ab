// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.nio.ByteBuffer;

/** Memory that a captured call offers by one segment of its chunk lists, with what the peer has moved so far. */
final class Exposure {

    final int handle;
    final boolean writable;
    private final long offset;
    private final byte[] data;
    private long moved;

    Exposure(int handle, int length, long offset, boolean writable) {
        this.handle = handle;
        this.offset = offset;
        this.writable = writable;
        this.data = new byte[length];
    }

    /** Whether {@code length} bytes from {@code at} on lie inside. */
    boolean holds(long at, long length) {
        long start = at - offset;
        return start >= 0 && start + length <= data.length;
    }

    /** Places what was written to, or read from, the offset {@code at}. */
    void move(long at, ByteBuffer bytes) {
        moved += bytes.remaining();
        bytes.get(bytes.position(), data, (int) (at - offset), bytes.remaining());
    }

    /** Bytes moved; more than the length when some were moved twice. */
    long moved() {
        return moved;
    }

    ByteBuffer data(int length) {
        return ByteBuffer.wrap(data, 0, length);
    }
}
