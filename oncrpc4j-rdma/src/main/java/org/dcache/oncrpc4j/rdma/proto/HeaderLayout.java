// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The RPC-over-RDMA version 1 header on the wire (RFC 8166, 4.1 to 4.5 and 6.1). All words are big-endian XDR words.
 *
 * <pre>
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------------------------------------------------------+
 *   0 | rdma_xid                                                      |
 *   4 | rdma_vers = 1                                                 |
 *   8 | rdma_credit    call: credits asked; reply: credits granted    |
 *  12 | rdma_proc      MSG 0, NOMSG 1, MSGP 2, DONE 3, ERROR 4        |
 *     +---------------------------------------------------------------+
 *  16 | RDMA_MSG and RDMA_NOMSG: three lists                          |
 *     |   Read list    entry*, then 0                                 |
 *     |   Write list   (1, chunk)*, then 0                            |
 *     |   Reply chunk  0, or (1, chunk)                               |
 *     | then, RDMA_MSG only, the inline RPC message                   |
 *     +---------------------------------------------------------------+
 *  16 | RDMA_ERROR: rdma_err    ERR_VERS 1, ERR_CHUNK 2               |
 *  20 | ERR_VERS only: lowest version                                 |
 *  24 | ERR_VERS only: highest version                                |
 *     +---------------------------------------------------------------+
 *
 *   Read list entry (24 bytes)          Chunk: segment count, then segments (16 bytes each)
 *     +-----------------------+           +-----------------------+
 *   0 | 1                     |         0 | segment count         |
 *   4 | position              |           +-----------------------+
 *   8 | handle                |         0 | handle                |
 *  12 | length                |         4 | length                |
 *  16 | offset                |         8 | offset                |
 *  20 |   (64 bit)            |        12 |   (64 bit)            |
 *     +-----------------------+           +-----------------------+
 * </pre>
 */
public final class HeaderLayout {

    /** Offset of the transaction id; the same as that of the RPC message. */
    public static final int XID = 0;
    /** Offset of the protocol version. */
    public static final int VERSION = 4;
    /** Offset of the credit value. */
    public static final int CREDITS = 8;
    /** Offset of the procedure. */
    public static final int PROCEDURE = 12;
    /** Length of the four words that every version has. */
    public static final int FIXED_LENGTH = 16;

    /** RDMA_ERROR: offset of the error code. */
    public static final int ERROR_CODE = 16;
    /** RDMA_ERROR, ERR_VERS: offset of the lowest version supported. */
    public static final int ERROR_VERSION_LOW = 20;
    /** RDMA_ERROR, ERR_VERS: offset of the highest version supported. */
    public static final int ERROR_VERSION_HIGH = 24;
    /** Length of RDMA_ERROR with ERR_CHUNK. */
    public static final int ERR_CHUNK_LENGTH = 20;
    /** Length of RDMA_ERROR with ERR_VERS. */
    public static final int ERR_VERS_LENGTH = 28;

    /** List discriminator: nothing more follows in this list. */
    public static final int ABSENT = 0;
    /** List discriminator: an entry follows. */
    public static final int PRESENT = 1;
    /** Bytes of a list discriminator or count. */
    public static final int WORD = 4;
    /** Bytes of a segment: handle, length, offset. */
    public static final int SEGMENT = 16;
    /** Bytes of a Read list entry: discriminator, position, segment. */
    public static final int READ_ENTRY = WORD + WORD + SEGMENT;

    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private HeaderLayout() {}

    /** The word at an absolute index, big-endian whatever the buffer's own order is. */
    static int getInt(ByteBuffer buffer, int at) {
        return (int) INT.get(buffer, at);
    }

    static long getLong(ByteBuffer buffer, int at) {
        return (long) LONG.get(buffer, at);
    }

    static void putInt(ByteBuffer buffer, int at, int value) {
        INT.set(buffer, at, value);
    }

    static void putLong(ByteBuffer buffer, int at, long value) {
        LONG.set(buffer, at, value);
    }
}
