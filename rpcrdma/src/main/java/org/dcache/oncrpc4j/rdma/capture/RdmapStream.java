// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.dcache.oncrpc4j.rdma.capture.CaptureProblem.Kind;
import org.dcache.oncrpc4j.rdma.iwarp.wire.DdpHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;

/**
 * One direction of an iWARP connection as DDP and RDMAP see it (RFC 5041, RFC 5040): checks queue numbers, message sequence numbers and
 * message offsets, and puts Sends together. Tagged segments hold nothing that could be checked without knowing what they are for.
 */
final class RdmapStream {

    /** Longest Send that is put together, bytes; four times the longest inline message of RFC 8797. */
    private static final int MAX_SEND = 1 << 20;

    private final CapturedConnection connection;
    private final int[] nextMsn = {1, 1, 1};
    /** Whether any sequence number is as good as another, as some before it are missing. */
    private final boolean[] anyMsn = new boolean[nextMsn.length];
    /** The beginning of a Send, up to the first byte that is not in the capture. */
    private final HeldBytes message;
    /** FPDUs of that Send so far, and its length: the next message offset. */
    private int fpdus;
    private int length;

    RdmapStream(CapturedConnection connection, HoldBudget budget) {
        this.connection = connection;
        message = new HeldBytes(budget);
    }

    void fpdu(Fpdu f) {
        RdmapOpcode opcode = f.opcode();
        if (opcode.isTagged()) {
            return;
        }
        int ddp = FpduLayout.OFFSET_ULPDU;
        int queue = DdpHeader.queue(f.bytes(), ddp);
        int msn = DdpHeader.msn(f.bytes(), ddp);
        int offset = DdpHeader.messageOffset(f.bytes(), ddp);
        if (queue != opcode.queue()) {
            problem(f, Kind.OUT_OF_ORDER, f.payloadLength(), opcode + " on queue " + Integer.toUnsignedString(queue));
            return;
        }
        if (msn != nextMsn[queue] && !anyMsn[queue]) {
            problem(f, Kind.OUT_OF_ORDER, 0, opcode + " on queue " + queue + " with MSN " + Integer.toUnsignedString(msn) + ", expected "
                    + Integer.toUnsignedString(nextMsn[queue]));
        }
        anyMsn[queue] = false;
        nextMsn[queue] = f.isLast() ? msn + 1 : msn;
        if (opcode.isSend()) {
            send(f, offset);
        } else if (offset != 0 || !f.isLast()) {
            problem(f, Kind.OUT_OF_ORDER, 0, opcode + " with message offset " + Integer.toUnsignedString(offset)
                    + (f.isLast() ? "" : " that is not the last of its message"));
        } else if (opcode == RdmapOpcode.READ_REQUEST && f.payloadLength() > 0) {
            problem(f, Kind.BAD_DDP, f.payloadLength(), "Read Request with " + f.payloadLength() + " bytes behind it");
        }
    }

    private void send(Fpdu f, int offset) {
        if (offset != length) {
            problem(f, Kind.OUT_OF_ORDER, forget() + (offset == 0 ? 0 : f.payloadLength()), f.opcode() + " with message offset "
                    + Integer.toUnsignedString(offset) + ", expected " + length);
            if (offset != 0) {
                return;
            }
        }
        if (length + f.payloadLength() > MAX_SEND) {
            problem(f, Kind.TOO_LONG, forget() + f.payloadLength(), "a Send of more than " + MAX_SEND + " bytes");
            return;
        }
        ByteBuffer payload = f.payload();
        boolean whole = message.length() == length;
        fpdus++;
        length += f.payloadLength();
        if (!f.isLast()) {
            if (whole && !message.append(payload)) {
                problem(f, Kind.MEMORY, forget() + payload.remaining(), "no memory is left to put a Send together");
            }
            return;
        }
        if (fpdus > 1 && whole) {
            if (!message.append(payload)) {
                problem(f, Kind.MEMORY, forget() + payload.remaining(), "no memory is left to put a Send together");
                return;
            }
        }
        ByteBuffer bytes = fpdus > 1 ? message.bytes() : payload;
        int invalidated = DdpHeader.invalidateStag(f.bytes(), FpduLayout.OFFSET_ULPDU);
        connection.listener().send(new SendMessage(f.at(), f.direction(), f.opcode(), invalidated, fpdus, bytes.slice(),
                length - bytes.remaining()));
        forget();
    }

    /** Drops the Send that is being put together; returns how many of its bytes that were. */
    private int forget() {
        int bytes = message.length();
        message.clear();
        fpdus = 0;
        length = 0;
        return bytes;
    }

    /** Goes on behind FPDUs that were not seen. */
    void resume(Moment at, Direction direction) {
        end(at, direction);
        Arrays.fill(anyMsn, true);
    }

    void end(Moment at, Direction direction) {
        if (fpdus > 0) {
            connection.listener().problem(new CaptureProblem(Kind.INCOMPLETE_SEND, at, direction, forget(),
                    "the stream " + direction + " ends, or has a hole, within a Send"));
        }
    }

    private void problem(Fpdu f, Kind kind, long bytes, String text) {
        connection.listener().problem(new CaptureProblem(kind, f.at(), f.direction(), bytes, text));
    }
}
