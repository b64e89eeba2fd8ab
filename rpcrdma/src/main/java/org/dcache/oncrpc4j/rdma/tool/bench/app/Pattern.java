// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.nio.ByteBuffer;

/**
 * The content of the data of one size: a fixed byte for every position, and the call's tag in the first and the last eight bytes where they
 * fit, so that two reads detect stale, shifted, swapped or torn data. Immutable; any thread.
 */
final class Pattern {

    private static final int STAMP = Long.BYTES;

    private final int size;
    private final ByteBuffer body;

    Pattern(int size) {
        this.size = size;
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i * 31 + (i >>> 8) * 7 + 5);
        }
        body = ByteBuffer.wrap(bytes).asReadOnlyBuffer();
    }

    int size() {
        return size;
    }

    /** Writes everything but the tag. */
    ByteBuffer fill(ByteBuffer target) {
        return target.clear().put(body.duplicate()).flip();
    }

    /** Writes the tag into a buffer that was filled. */
    ByteBuffer stamp(ByteBuffer filled, long tag) {
        filled.clear().limit(size);
        if (size >= STAMP) {
            filled.putLong(0, Tags.stamp(tag));
        }
        if (size >= 2 * STAMP) {
            filled.putLong(size - STAMP, Tags.stamp(tag));
        }
        return filled;
    }

    /**
     * Checks data, whose position and limit stay as they are.
     *
     * @param every look at every byte, not only at the tags
     * @throws DataMismatchException when the data is not that of this size and tag
     */
    void check(ByteBuffer data, long tag, boolean every) throws DataMismatchException {
        if (data.remaining() != size) {
            throw new DataMismatchException("expected " + size + " bytes, got " + data.remaining());
        }
        int start = data.position();
        if (size >= STAMP) {
            checkTag(data, start, start, tag);
        }
        if (size >= 2 * STAMP) {
            checkTag(data, start + size - STAMP, start, tag);
        }
        if (every) {
            int from = size >= STAMP ? STAMP : 0;
            int to = size >= 2 * STAMP ? size - STAMP : size;
            int difference = data.duplicate().position(start + from).limit(start + to)
                    .mismatch(body.duplicate().position(from).limit(to));
            if (difference >= 0) {
                throw new DataMismatchException("byte " + (from + difference) + " of " + size + ": expected "
                        + body.get(from + difference) + ", got " + data.get(start + from + difference));
            }
        }
    }

    private void checkTag(ByteBuffer data, int at, int start, long tag) throws DataMismatchException {
        long got = data.getLong(at);
        if (got != Tags.stamp(tag)) {
            throw new DataMismatchException("tag at byte " + (at - start) + " of " + size + ": expected 0x"
                    + Long.toHexString(Tags.stamp(tag)) + ", got 0x" + Long.toHexString(got));
        }
    }
}
