// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * MPA Request and Reply frames: RFC 5044 section 7.1, with the IRD/ORD words of RFC 6581 section 4.
 *
 * <pre>
 *   0                                                              15
 *  +-----------------------------------------------------------------+
 *  |        key: "MPA ID Req Frame" or "MPA ID Rep Frame"            |
 *  +----------------+----------------+-------------------------------+
 *  | 16 M C R S ... | 17 revision    | 18 private data length        |
 *  +----------------+----------------+-------------------------------+
 *  | 20 A B  IRD (14 bits)           | 22 C D  ORD (14 bits)         |   only with revision 2 and S
 *  +---------------------------------+-------------------------------+
 *  | 20 or 24: private data of the upper layer                       |
 *  +-----------------------------------------------------------------+
 * </pre>
 *
 * The private data length counts the IRD/ORD words. Stateless; any thread.
 */
public final class MpaFrame {

    /** Bytes before the private data. */
    public static final int HEADER_LENGTH = 20;

    public static final int KEY_LENGTH = 16;
    public static final int OFFSET_FLAGS = 16;
    public static final int OFFSET_REVISION = 17;
    public static final int OFFSET_PRIVATE_DATA_LENGTH = 18;
    public static final int OFFSET_PRIVATE_DATA = 20;

    /** Where the IRD and ORD words stand, counted from the start of the frame. */
    public static final int OFFSET_IRD = 20;

    public static final int OFFSET_ORD = 22;
    public static final int IRD_ORD_LENGTH = 4;

    /** Most private data a frame may have (RFC 5044, 7.1). */
    public static final int MAX_PRIVATE_DATA = 512;

    /** M: the sender wants to receive markers. */
    public static final int MARKERS = 0x80;
    /** C: the sender wants CRCs. */
    public static final int CRC = 0x40;
    /** R, in a Reply only: the connection is refused. */
    public static final int REJECT = 0x20;
    /** S: the private data starts with the IRD and ORD words (RFC 6581). */
    public static final int ENHANCED = 0x10;

    /** A, in the IRD word: peer-to-peer, the initiator sends an RTR indication first. */
    public static final int PEER_TO_PEER = 0x8000;
    /** B, in the IRD word: a zero-length FULPDU can be the RTR indication. */
    public static final int RTR_EMPTY = 0x4000;
    /** C, in the ORD word: a zero-length RDMA Write can be the RTR indication. */
    public static final int RTR_WRITE = 0x8000;
    /** D, in the ORD word: a zero-length RDMA Read can be the RTR indication. */
    public static final int RTR_READ = 0x4000;
    /** The 14 bits of an IRD or ORD value. */
    public static final int DEPTH_MASK = 0x3fff;
    /** An IRD or ORD value that says: not negotiated (RFC 6581, 4.1). */
    public static final int NOT_NEGOTIATED = 0x3fff;

    private static final byte[] REQUEST_KEY = "MPA ID Req Frame".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] REPLY_KEY = "MPA ID Rep Frame".getBytes(StandardCharsets.US_ASCII);

    private MpaFrame() {}

    /** Writes key, flags (of {@link #MARKERS}, {@link #CRC}, {@link #REJECT}, {@link #ENHANCED}), revision and private data length. */
    public static void put(ByteBuffer frame, int at, boolean reply, int flags, int revision, int privateDataLength) {
        frame.put(at, reply ? REPLY_KEY : REQUEST_KEY);
        frame.put(at + OFFSET_FLAGS, (byte) flags);
        frame.put(at + OFFSET_REVISION, (byte) revision);
        frame.putShort(at + OFFSET_PRIVATE_DATA_LENGTH, (short) privateDataLength);
    }

    /** Writes the two words of an enhanced frame, bits A, B, C, D included. */
    public static void putDepths(ByteBuffer frame, int at, int irdWord, int ordWord) {
        frame.putShort(at + OFFSET_IRD, (short) irdWord);
        frame.putShort(at + OFFSET_ORD, (short) ordWord);
    }

    /**
     * Whether the first {@code length} bytes (at most 16 count) are those of the key, so that a stranger is known by his first
     * byte.
     */
    public static boolean keyMatches(ByteBuffer frame, int at, int length, boolean reply) {
        byte[] key = reply ? REPLY_KEY : REQUEST_KEY;
        for (int i = 0; i < Math.min(length, KEY_LENGTH); i++) {
            if (frame.get(at + i) != key[i]) {
                return false;
            }
        }
        return true;
    }

    /** What stands where the key should, for messages: at most {@code length} bytes, those that are not plain ASCII as \xNN. */
    public static String keyText(ByteBuffer frame, int at, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(length, KEY_LENGTH); i++) {
            int b = frame.get(at + i) & 0xff;
            boolean plain = b >= ' ' && b < 0x7f && b != '"' && b != '\\';
            text.append(plain ? String.valueOf((char) b) : String.format("\\x%02x", b));
        }
        return text.toString();
    }

    /** The flag byte, reserved bits included. */
    public static int flags(ByteBuffer frame, int at) {
        return frame.get(at + OFFSET_FLAGS) & 0xff;
    }

    public static int revision(ByteBuffer frame, int at) {
        return frame.get(at + OFFSET_REVISION) & 0xff;
    }

    /** 0..65535 as it stands on the wire; more than {@link #MAX_PRIVATE_DATA} is an error of the peer. */
    public static int privateDataLength(ByteBuffer frame, int at) {
        return frame.getShort(at + OFFSET_PRIVATE_DATA_LENGTH) & 0xffff;
    }

    /** Whether the private data starts with the IRD and ORD words: revision 2 and bit S. */
    public static boolean isEnhanced(ByteBuffer frame, int at) {
        return revision(frame, at) == 2 && (flags(frame, at) & ENHANCED) != 0;
    }

    /** The IRD word with bits A and B. */
    public static int irdWord(ByteBuffer frame, int at) {
        return frame.getShort(at + OFFSET_IRD) & 0xffff;
    }

    /** The ORD word with bits C and D. */
    public static int ordWord(ByteBuffer frame, int at) {
        return frame.getShort(at + OFFSET_ORD) & 0xffff;
    }

    /** The upper layer's private data of a complete frame, without the IRD and ORD words. */
    public static byte[] privateData(ByteBuffer frame, int at) {
        int skip = isEnhanced(frame, at) ? IRD_ORD_LENGTH : 0;
        byte[] data = new byte[privateDataLength(frame, at) - skip];
        frame.get(at + OFFSET_PRIVATE_DATA + skip, data);
        return data;
    }
}
