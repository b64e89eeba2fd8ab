// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.wire;

import java.nio.ByteBuffer;

/**
 * The RDMAP Terminate, behind its untagged DDP header (queue 2, MSN 1): RFC 5040 section 4.8.
 *
 * <pre>
 *  +0 layer(4) type(4)   +1 error code   +2 M D R reserved(13)                  terminate control, 4 bytes
 *  +4 DDP segment length, 2 bytes, if M     +6 DDP header of the offending segment, 14 or 18 bytes, if D
 *  then the 28 bytes of its Read Request header, if R
 * </pre>
 *
 * Linux siw declares these fields as little-endian bit fields: on x86 it sends the type in the high and the layer in the low nibble,
 * and M, D, R as the low bits of the third byte. {@link #decode} reads both forms, {@link #put} writes that of the RFC.
 *
 * @param layer 0 RDMAP, 1 DDP, 2 LLP (MPA)
 * @param type error type within the layer
 * @param code error code within the type
 * @param flags {@link #M}, {@link #D}, {@link #R}
 * @param swapped whether it was read in the order of siw. Where nothing tells (such a message without copied headers can
 *     have a meaning in both orders), it is read as the RFC says if that gives an error RFC 5040 knows
 */
public record TerminateMessage(int layer, int type, int code, int flags, boolean swapped) {

    public static final int CONTROL_LENGTH = 4;
    public static final int OFFSET_LAYER_AND_TYPE = 0;
    public static final int OFFSET_CODE = 1;
    public static final int OFFSET_FLAGS = 2;
    public static final int OFFSET_SEGMENT_LENGTH = 4;
    public static final int OFFSET_DDP_HEADER = 6;

    public static final int LAYER_LLP = 2;

    /** The length of the offending DDP segment is there. */
    public static final int M = 0x80;
    /** Its DDP header is there. */
    public static final int D = 0x40;
    /** Its Read Request header is there. */
    public static final int R = 0x20;

    /** Longest payload: control, segment length, untagged header, Read Request header. */
    public static final int MAX_LENGTH =
            OFFSET_DDP_HEADER + DdpHeader.UNTAGGED_LENGTH + ReadRequestHeader.LENGTH;

    /** Writes the control word in the order of the RFC. */
    public static void put(ByteBuffer buffer, int at, int layer, int type, int code, int flags) {
        buffer.put(at + OFFSET_LAYER_AND_TYPE, (byte) (layer << 4 | type));
        buffer.put(at + OFFSET_CODE, (byte) code);
        buffer.put(at + OFFSET_FLAGS, (byte) flags);
        buffer.put(at + OFFSET_FLAGS + 1, (byte) 0);
    }

    /**
     * The payload of a Terminate that we send.
     *
     * @param header the offending FPDU from its length field on, null if its header was not complete
     * @param segmentLength its ULPDU length
     * @param opcode its opcode; only used if there is a header
     */
    public static ByteBuffer compose(TerminateCode error, ByteBuffer header, int segmentLength, RdmapOpcode opcode) {
        if (header == null || !error.copiesHeader()) {
            ByteBuffer payload = ByteBuffer.allocate(CONTROL_LENGTH);
            put(payload, 0, error.layer(), error.type(), error.code(), 0);
            return payload;
        }
        int copied = opcode.headerLength();
        ByteBuffer payload = ByteBuffer.allocate(OFFSET_DDP_HEADER + copied);
        put(payload, 0, error.layer(), error.type(), error.code(), M | D | (opcode == RdmapOpcode.READ_REQUEST ? R : 0));
        payload.putShort(OFFSET_SEGMENT_LENGTH, (short) segmentLength);
        payload.put(OFFSET_DDP_HEADER, header, FpduLayout.OFFSET_ULPDU, copied);
        return payload;
    }

    /** Writes the control word in the order it was read in. */
    public void put(ByteBuffer buffer, int at) {
        if (swapped) {
            put(buffer, at, type, layer, code, (flags & M) >>> 7 | (flags & D) >>> 5 | (flags & R) >>> 3);
        } else {
            put(buffer, at, layer, type, code, flags);
        }
    }

    /** Reads the control word, in either order. */
    public static TerminateMessage decode(ByteBuffer buffer, int at) {
        int high = buffer.get(at + OFFSET_LAYER_AND_TYPE) >>> 4 & 15;
        int low = buffer.get(at + OFFSET_LAYER_AND_TYPE) & 15;
        int code = buffer.get(at + OFFSET_CODE) & 0xff;
        int bits = buffer.get(at + OFFSET_FLAGS) & 0xff;
        boolean swapped;
        if ((bits & (M | D | R)) != 0) {
            swapped = false;
        } else if ((bits & 7) != 0) {
            swapped = true;
        } else {
            swapped = !known(high, low, code) && known(low, high, code);
        }
        return swapped
                ? new TerminateMessage(low, high, code, (bits & 1) << 7 | (bits & 2) << 5 | (bits & 4) << 3, true)
                : new TerminateMessage(high, low, code, bits & (M | D | R), false);
    }

    /** Whether the RFCs assign this error. */
    private static boolean known(int layer, int type, int code) {
        switch (layer << 4 | type) {
            case 0x00:
                return code == 0;
            case 0x01:
                return code <= 0x09 || code == 0xff;
            case 0x02:
                return code >= 0x05 && code <= 0x09 || code == 0xff;
            case 0x10:
                return code == 0;
            case 0x11:
                return code <= 0x04;
            case 0x12:
                return code >= 0x01 && code <= 0x06;
            case 0x20:
                return code >= 0x01 && code <= 0x07;
            default:
                return false;
        }
    }

    /** The error in words, with the numbers; both readings where the message has two. */
    public String describe() {
        String text = words(layer, type, code);
        if (flags == 0 && !swapped && layer != type && known(type, layer, code)) {
            text += ", or in the bit order of Linux siw: " + words(type, layer, code);
        }
        return text;
    }

    private static String words(int layer, int type, int code) {
        String numbers = String.format("layer %d type %d code 0x%02x", layer, type, code);
        for (TerminateCode c : TerminateCode.values()) {
            if (c.layer() == layer && c.type() == type && c.code() == code) {
                return numbers + " (" + c.text() + ")";
            }
        }
        return numbers;
    }
}
