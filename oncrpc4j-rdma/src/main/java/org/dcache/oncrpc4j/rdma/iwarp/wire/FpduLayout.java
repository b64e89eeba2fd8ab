// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.wire;

import java.nio.ByteBuffer;

/**
 * The frame around each DDP segment: RFC 5044 section 4.1.
 *
 * <pre>
 *  +-------------------+--------------------------------+------------+--------------------+
 *  | 0 ULPDU length    | 2 ULPDU: DDP header, payload   | pad 0..3   | CRC32C             |
 *  +-------------------+--------------------------------+------------+--------------------+
 *    2 bytes             length bytes                     zeros        4 bytes, little-endian
 * </pre>
 *
 * The CRC covers everything before it, is always there, and is 0 when CRCs were not negotiated. It is the one little-endian field: it
 * holds {@link java.util.zip.CRC32C#getValue()} with the low byte first. Stateless; any thread.
 */
public final class FpduLayout {

    public static final int OFFSET_LENGTH = 0;
    public static final int OFFSET_ULPDU = 2;
    public static final int LENGTH_FIELD = 2;
    public static final int CRC_LENGTH = 4;
    public static final int MAX_PAD = 3;

    private FpduLayout() {}

    public static int ulpduLength(ByteBuffer fpdu, int at) {
        return fpdu.getShort(at + OFFSET_LENGTH) & 0xffff;
    }

    public static void putUlpduLength(ByteBuffer fpdu, int at, int length) {
        fpdu.putShort(at + OFFSET_LENGTH, (short) length);
    }

    /** Zero bytes between ULPDU and CRC. */
    public static int pad(int ulpduLength) {
        return -(LENGTH_FIELD + ulpduLength) & 3;
    }

    /** Where the CRC field starts, counted from the start of the FPDU: the number of bytes it covers. */
    public static int crcOffset(int ulpduLength) {
        return LENGTH_FIELD + ulpduLength + pad(ulpduLength);
    }

    /** Bytes of the whole FPDU, a multiple of 4. */
    public static int fpduLength(int ulpduLength) {
        return crcOffset(ulpduLength) + CRC_LENGTH;
    }

    /** Reads a CRC field. */
    public static int crc(ByteBuffer buffer, int at) {
        return Integer.reverseBytes(buffer.getInt(at));
    }

    /** Writes a CRC field. */
    public static void putCrc(ByteBuffer buffer, int at, int crc) {
        buffer.putInt(at, Integer.reverseBytes(crc));
    }
}
