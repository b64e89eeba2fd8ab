// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.iwarp.wire.DdpHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;

/**
 * One FPDU of a capture.
 *
 * @param at the frame with its last byte
 * @param bytes from the length field at index 0 to the CRC field, as far as the capture has it; good during the call only
 * @param ulpdu what the length field says
 * @param opcode null when the ULPDU is empty, or no legal DDP segment
 * @param crc what became of the check
 * @param missing bytes that are not in the capture; unless 0, {@code bytes} ends before the first of them
 */
public record Fpdu(Moment at, Direction direction, ByteBuffer bytes, int ulpdu, RdmapOpcode opcode, Crc crc, int missing) {

    /** Whether and with what result a CRC was checked. */
    public enum Crc {
        /** Not agreed on, or not all of it is in the capture. */
        NOT_CHECKED,
        GOOD,
        BAD
    }

    /** Bytes of DDP header that tell the opcode. */
    private static final int CONTROL_END = FpduLayout.OFFSET_ULPDU + 2;

    /** Whether it is the last of its message; only with an opcode. */
    public boolean isLast() {
        return DdpHeader.isLast(DdpHeader.control(bytes, FpduLayout.OFFSET_ULPDU));
    }

    /** What is there of the data behind the DDP and RDMAP headers; only with an opcode. */
    public ByteBuffer payload() {
        int from = FpduLayout.OFFSET_ULPDU + opcode.headerLength();
        int to = Math.min(bytes.limit(), FpduLayout.LENGTH_FIELD + ulpdu);
        return bytes.slice(from, to - from);
    }

    /** Bytes of data that it carries, there or not; only with an opcode. */
    public int payloadLength() {
        return ulpdu - opcode.headerLength();
    }

    /** The opcode of the DDP segment that an FPDU begins with; null when it is not legal, or too little of it is there. */
    static RdmapOpcode opcode(ByteBuffer bytes, int at, int available, int ulpdu) {
        if (available < CONTROL_END || ulpdu < DdpHeader.TAGGED_LENGTH) {
            return null;
        }
        int control = DdpHeader.control(bytes, at + FpduLayout.OFFSET_ULPDU);
        RdmapOpcode opcode = RdmapOpcode.of(DdpHeader.opcode(control));
        boolean legal = opcode != null && DdpHeader.ddpVersion(control) == 1 && DdpHeader.rdmapVersion(control) == 1
                && opcode.isTagged() == DdpHeader.isTagged(control) && ulpdu >= opcode.headerLength();
        return legal ? opcode : null;
    }

    /** Whether bytes are so much like an FPDU that it can hardly be chance: what the RFCs fix beyond the versions is as they say, too. */
    static boolean isLikely(ByteBuffer bytes) {
        int at = bytes.position();
        if (bytes.remaining() < FpduLayout.OFFSET_ULPDU + DdpHeader.TAGGED_LENGTH) {
            return false;
        }
        int ddp = at + FpduLayout.OFFSET_ULPDU;
        RdmapOpcode opcode = opcode(bytes, at, bytes.remaining(), FpduLayout.ulpduLength(bytes, at));
        if (opcode == null || bytes.remaining() < FpduLayout.OFFSET_ULPDU + opcode.headerLength()) {
            return false;
        }
        int control = DdpHeader.control(bytes, ddp);
        if (control != DdpHeader.control(opcode, DdpHeader.isLast(control))) {
            return false;
        }
        return opcode.isTagged() || DdpHeader.queue(bytes, ddp) == opcode.queue()
                && (opcode.invalidates() || DdpHeader.invalidateStag(bytes, ddp) == 0)
                && (opcode.isSend() || DdpHeader.messageOffset(bytes, ddp) == 0);
    }
}
