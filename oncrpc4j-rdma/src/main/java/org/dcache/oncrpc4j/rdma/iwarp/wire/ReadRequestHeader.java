// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.wire;

import java.nio.ByteBuffer;

/**
 * The RDMAP header of an RDMA Read Request, behind the untagged DDP header: RFC 5040 section 4.4.
 *
 * <pre>
 *  +0 sink STag   +4 sink TO (8)   +12 size   +16 source STag   +20 source TO (8)      28 bytes
 * </pre>
 *
 * Positions are those of this header, 18 bytes behind the DDP header. Stateless; any thread.
 */
public final class ReadRequestHeader {

    public static final int LENGTH = 28;
    public static final int OFFSET_SINK_STAG = 0;
    public static final int OFFSET_SINK_OFFSET = 4;
    public static final int OFFSET_SIZE = 12;
    public static final int OFFSET_SOURCE_STAG = 16;
    public static final int OFFSET_SOURCE_OFFSET = 20;

    private ReadRequestHeader() {}

    public static void put(
            ByteBuffer buffer, int at, int sinkStag, long sinkOffset, int size, int sourceStag, long sourceOffset) {
        buffer.putInt(at + OFFSET_SINK_STAG, sinkStag);
        buffer.putLong(at + OFFSET_SINK_OFFSET, sinkOffset);
        buffer.putInt(at + OFFSET_SIZE, size);
        buffer.putInt(at + OFFSET_SOURCE_STAG, sourceStag);
        buffer.putLong(at + OFFSET_SOURCE_OFFSET, sourceOffset);
    }

    public static int sinkStag(ByteBuffer buffer, int at) {
        return buffer.getInt(at + OFFSET_SINK_STAG);
    }

    public static long sinkOffset(ByteBuffer buffer, int at) {
        return buffer.getLong(at + OFFSET_SINK_OFFSET);
    }

    /** Unsigned 32 bits. */
    public static int size(ByteBuffer buffer, int at) {
        return buffer.getInt(at + OFFSET_SIZE);
    }

    public static int sourceStag(ByteBuffer buffer, int at) {
        return buffer.getInt(at + OFFSET_SOURCE_STAG);
    }

    public static long sourceOffset(ByteBuffer buffer, int at) {
        return buffer.getLong(at + OFFSET_SOURCE_OFFSET);
    }
}
