// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.wire;

import java.nio.ByteBuffer;

/**
 * DDP segment headers with the RDMAP control bits in them: RFC 5041 section 4, RFC 5040 section 4.1.
 *
 * <pre>
 *  control, 16 bits:  T L . . . . DV DV   RV RV . . opcode(4)
 *
 *  tagged    +0 control   +2 STag                    +6 TO (8)                      14 bytes
 *  untagged  +0 control   +2 STag to invalidate, or 0  +6 QN  +10 MSN  +14 MO       18 bytes
 * </pre>
 *
 * Positions are those of the DDP header, two bytes behind the start of the FPDU. Stateless; any thread.
 */
public final class DdpHeader {

    public static final int TAGGED_LENGTH = 14;
    public static final int UNTAGGED_LENGTH = 18;

    public static final int OFFSET_CONTROL = 0;
    public static final int OFFSET_STAG = 2;
    public static final int OFFSET_TAGGED_OFFSET = 6;
    public static final int OFFSET_INVALIDATE_STAG = 2;
    public static final int OFFSET_QUEUE = 6;
    public static final int OFFSET_MSN = 10;
    public static final int OFFSET_MESSAGE_OFFSET = 14;

    public static final int TAGGED = 0x8000;
    public static final int LAST = 0x4000;
    private static final int DDP_VERSION_1 = 0x0100;
    private static final int RDMAP_VERSION_1 = 0x0040;

    private DdpHeader() {}

    /** The control field of a segment; reserved bits are 0. */
    public static int control(RdmapOpcode opcode, boolean last) {
        return (opcode.isTagged() ? TAGGED : 0) | (last ? LAST : 0) | DDP_VERSION_1 | RDMAP_VERSION_1 | opcode.wire();
    }

    public static void putTagged(ByteBuffer buffer, int at, RdmapOpcode opcode, boolean last, int stag, long taggedOffset) {
        buffer.putShort(at + OFFSET_CONTROL, (short) control(opcode, last));
        buffer.putInt(at + OFFSET_STAG, stag);
        buffer.putLong(at + OFFSET_TAGGED_OFFSET, taggedOffset);
    }

    public static void putUntagged(
            ByteBuffer buffer, int at, RdmapOpcode opcode, boolean last, int invalidateStag, int msn, int messageOffset) {
        buffer.putShort(at + OFFSET_CONTROL, (short) control(opcode, last));
        buffer.putInt(at + OFFSET_INVALIDATE_STAG, invalidateStag);
        buffer.putInt(at + OFFSET_QUEUE, opcode.queue());
        buffer.putInt(at + OFFSET_MSN, msn);
        buffer.putInt(at + OFFSET_MESSAGE_OFFSET, messageOffset);
    }

    public static int control(ByteBuffer buffer, int at) {
        return buffer.getShort(at + OFFSET_CONTROL) & 0xffff;
    }

    public static boolean isTagged(int control) {
        return (control & TAGGED) != 0;
    }

    public static boolean isLast(int control) {
        return (control & LAST) != 0;
    }

    public static int ddpVersion(int control) {
        return control >>> 8 & 3;
    }

    public static int rdmapVersion(int control) {
        return control >>> 6 & 3;
    }

    /** 0..15; see {@link RdmapOpcode#of}. */
    public static int opcode(int control) {
        return control & 15;
    }

    public static int stag(ByteBuffer buffer, int at) {
        return buffer.getInt(at + OFFSET_STAG);
    }

    public static long taggedOffset(ByteBuffer buffer, int at) {
        return buffer.getLong(at + OFFSET_TAGGED_OFFSET);
    }

    public static int invalidateStag(ByteBuffer buffer, int at) {
        return buffer.getInt(at + OFFSET_INVALIDATE_STAG);
    }

    public static int queue(ByteBuffer buffer, int at) {
        return buffer.getInt(at + OFFSET_QUEUE);
    }

    public static int msn(ByteBuffer buffer, int at) {
        return buffer.getInt(at + OFFSET_MSN);
    }

    public static int messageOffset(ByteBuffer buffer, int at) {
        return buffer.getInt(at + OFFSET_MESSAGE_OFFSET);
    }
}
