// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.iwarp.DdpHeader;
import org.dcache.oncrpc4j.rdma.iwarp.FpduLayout;
import org.dcache.oncrpc4j.rdma.iwarp.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.iwarp.ReadRequestHeader;

/**
 * One direction of an iWARP connection as DDP and RDMAP see it (RFC 5041, RFC 5040): checks versions, queue numbers, message
 * sequence numbers and offsets, puts untagged messages together, hands tagged segments on as they come. Each header is encoded
 * again and must give the same bytes.
 */
final class RdmapStream {

    private final Direction direction;
    private final CaptureListener listener;
    private final RpcRdmaConnection rpc;
    private final int[] nextMsn = {1, 1, 1};
    /** The Send that is being put together; its length is the next message offset. */
    private ByteBuffer message = ByteBuffer.allocate(4096);
    private boolean within;

    RdmapStream(Direction direction, CaptureListener listener, RpcRdmaConnection rpc) {
        this.direction = direction;
        this.listener = listener;
        this.rpc = rpc;
    }

    void fpdu(int frame, ByteBuffer fpdu, int ulpdu) {
        int ddp = FpduLayout.OFFSET_ULPDU;
        if (ulpdu < DdpHeader.TAGGED_LENGTH) {
            throw new CaptureException(frame, "ULPDU of " + ulpdu + " bytes is shorter than any DDP header");
        }
        int control = DdpHeader.control(fpdu, ddp);
        RdmapOpcode opcode = RdmapOpcode.of(DdpHeader.opcode(control));
        if (DdpHeader.ddpVersion(control) != 1 || DdpHeader.rdmapVersion(control) != 1 || opcode == null
                || opcode.isTagged() != DdpHeader.isTagged(control) || ulpdu < opcode.headerLength()) {
            throw new CaptureException(frame, String.format("DDP control %04x with ULPDU of %d bytes is not legal", control, ulpdu));
        }
        boolean last = DdpHeader.isLast(control);
        listener.fpdu(frame, direction, fpdu, opcode, last);
        ByteBuffer payload = fpdu.slice(ddp + opcode.headerLength(), ulpdu - opcode.headerLength());
        if (opcode.isTagged()) {
            tagged(frame, fpdu, opcode, last, payload);
        } else {
            untagged(frame, fpdu, opcode, last, payload);
        }
    }

    void end(int frame) {
        if (within) {
            throw new CaptureException(frame, "the stream " + direction + " ends within a Send");
        }
    }

    private void tagged(int frame, ByteBuffer fpdu, RdmapOpcode opcode, boolean last, ByteBuffer payload) {
        int ddp = FpduLayout.OFFSET_ULPDU;
        int stag = DdpHeader.stag(fpdu, ddp);
        long offset = DdpHeader.taggedOffset(fpdu, ddp);
        ByteBuffer again = ByteBuffer.allocate(DdpHeader.TAGGED_LENGTH);
        DdpHeader.putTagged(again, 0, opcode, last, stag, offset);
        requireSame(frame, "tagged DDP header", fpdu.slice(ddp, DdpHeader.TAGGED_LENGTH), again);
        if (opcode == RdmapOpcode.RDMA_WRITE) {
            rpc.write(frame, direction, stag, offset, payload);
        } else {
            rpc.readResponse(frame, direction, stag, offset, payload, last);
        }
    }

    private void untagged(int frame, ByteBuffer fpdu, RdmapOpcode opcode, boolean last, ByteBuffer payload) {
        int ddp = FpduLayout.OFFSET_ULPDU;
        int invalidate = DdpHeader.invalidateStag(fpdu, ddp);
        int queue = DdpHeader.queue(fpdu, ddp);
        int msn = DdpHeader.msn(fpdu, ddp);
        int messageOffset = DdpHeader.messageOffset(fpdu, ddp);
        ByteBuffer again = ByteBuffer.allocate(DdpHeader.UNTAGGED_LENGTH);
        DdpHeader.putUntagged(again, 0, opcode, last, invalidate, msn, messageOffset);
        requireSame(frame, "untagged DDP header", fpdu.slice(ddp, DdpHeader.UNTAGGED_LENGTH), again);
        if (queue != opcode.queue() || msn != nextMsn[queue]) {
            throw new CaptureException(frame, opcode + " on queue " + queue + " with MSN " + msn + ", expected " + nextMsn[queue]);
        }
        if (messageOffset != (opcode.isSend() ? message.position() : 0) || !opcode.isSend() && !last) {
            throw new CaptureException(frame, opcode + " with message offset " + messageOffset);
        }
        if (last) {
            nextMsn[queue]++;
        }
        if (opcode == RdmapOpcode.READ_REQUEST) {
            readRequest(frame, fpdu, ddp + DdpHeader.UNTAGGED_LENGTH, payload);
        } else if (opcode.isSend()) {
            send(frame, opcode, last, invalidate, payload);
        } else {
            throw new CaptureException(frame, "Terminate: the connection broke");
        }
    }

    private void readRequest(int frame, ByteBuffer fpdu, int at, ByteBuffer rest) {
        ByteBuffer again = ByteBuffer.allocate(ReadRequestHeader.LENGTH);
        ReadRequestHeader.put(again, 0, ReadRequestHeader.sinkStag(fpdu, at), ReadRequestHeader.sinkOffset(fpdu, at),
                ReadRequestHeader.size(fpdu, at), ReadRequestHeader.sourceStag(fpdu, at), ReadRequestHeader.sourceOffset(fpdu, at));
        requireSame(frame, "Read Request header", fpdu.slice(at, ReadRequestHeader.LENGTH), again);
        if (rest.hasRemaining()) {
            throw new CaptureException(frame, "Read Request with " + rest.remaining() + " bytes behind it");
        }
        rpc.readRequest(frame, direction, again);
    }

    private void send(int frame, RdmapOpcode opcode, boolean last, int invalidate, ByteBuffer payload) {
        if (message.remaining() < payload.remaining()) {
            message = ByteBuffer.allocate(2 * (message.position() + payload.remaining())).put(message.flip());
        }
        message.put(payload);
        within = !last;
        if (last) {
            message.flip();
            rpc.send(frame, direction, message, opcode.invalidates(), invalidate);
            message.clear();
        }
    }

    static void requireSame(int frame, String what, ByteBuffer came, ByteBuffer again) {
        int at = came.mismatch(again.duplicate().clear());
        if (at >= 0) {
            throw new CaptureException(frame, what + " does not encode to the bytes that came: they differ at byte " + at);
        }
    }
}
