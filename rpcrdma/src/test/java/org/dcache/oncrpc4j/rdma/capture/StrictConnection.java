// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.iwarp.wire.DdpHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.iwarp.wire.ReadRequestHeader;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;

/**
 * One connection, in which nothing may be wrong: every {@link CaptureProblem} and every Terminate is an error, and so is a header that does
 * not encode to the bytes that came, or a CRC field that is not 0 where there are no CRCs.
 */
final class StrictConnection implements ConnectionListener {

    private final CaptureListener listener;
    private final RpcRdmaConnection rpc;

    StrictConnection(CaptureListener listener) {
        this.listener = listener;
        rpc = new RpcRdmaConnection(listener);
    }

    @Override
    public void mpa(Moment at, Direction direction, ByteBuffer frame) {
        byte[] data = MpaFrame.privateData(frame, 0);
        ByteBuffer again = ByteBuffer.allocate(frame.limit());
        MpaFrame.put(again, 0, direction == Direction.TO_CLIENT, MpaFrame.flags(frame, 0), MpaFrame.revision(frame, 0),
                MpaFrame.privateDataLength(frame, 0));
        if (MpaFrame.isEnhanced(frame, 0)) {
            MpaFrame.putDepths(again, 0, MpaFrame.irdWord(frame, 0), MpaFrame.ordWord(frame, 0));
        }
        again.put(frame.limit() - data.length, data);
        requireSame(at.frame(), "MPA frame", frame, again);
        listener.mpa(at.frame(), direction, frame, PrivateData.decode(data));
    }

    @Override
    public void fpdu(Fpdu f) {
        int frame = f.at().frame();
        if (f.crc() == Fpdu.Crc.NOT_CHECKED && FpduLayout.crc(f.bytes(), FpduLayout.crcOffset(f.ulpdu())) != 0) {
            throw new CaptureException(frame, String.format("CRC field: expected 00000000, got %08x",
                    FpduLayout.crc(f.bytes(), FpduLayout.crcOffset(f.ulpdu()))));
        }
        if (f.opcode() == null) {
            return;
        }
        listener.fpdu(frame, f.direction(), f.bytes(), f.opcode(), f.isLast());
        if (f.opcode().isTagged()) {
            tagged(frame, f);
        } else {
            untagged(frame, f);
        }
    }

    @Override
    public void send(SendMessage m) {
        rpc.send(m.at().frame(), m.direction(), m.bytes(), m.opcode().invalidates(), m.invalidated());
    }

    @Override
    public void problem(CaptureProblem problem) {
        throw new CaptureException(problem.at().frame(), problem.kind() + ": " + problem.text());
    }

    @Override
    public void streamEnd(Direction direction, long bytes) {
        listener.streamEnd(direction, bytes);
    }

    private void tagged(int frame, Fpdu f) {
        int ddp = FpduLayout.OFFSET_ULPDU;
        int stag = DdpHeader.stag(f.bytes(), ddp);
        long offset = DdpHeader.taggedOffset(f.bytes(), ddp);
        ByteBuffer again = ByteBuffer.allocate(DdpHeader.TAGGED_LENGTH);
        DdpHeader.putTagged(again, 0, f.opcode(), f.isLast(), stag, offset);
        requireSame(frame, "tagged DDP header", f.bytes().slice(ddp, DdpHeader.TAGGED_LENGTH), again);
        if (f.opcode() == RdmapOpcode.RDMA_WRITE) {
            rpc.write(frame, f.direction(), stag, offset, f.payload());
        } else {
            rpc.readResponse(frame, f.direction(), stag, offset, f.payload(), f.isLast());
        }
    }

    private void untagged(int frame, Fpdu f) {
        int ddp = FpduLayout.OFFSET_ULPDU;
        ByteBuffer again = ByteBuffer.allocate(DdpHeader.UNTAGGED_LENGTH);
        DdpHeader.putUntagged(again, 0, f.opcode(), f.isLast(), DdpHeader.invalidateStag(f.bytes(), ddp), DdpHeader.msn(f.bytes(), ddp),
                DdpHeader.messageOffset(f.bytes(), ddp));
        requireSame(frame, "untagged DDP header", f.bytes().slice(ddp, DdpHeader.UNTAGGED_LENGTH), again);
        if (f.opcode() == RdmapOpcode.READ_REQUEST) {
            readRequest(frame, f, ddp + DdpHeader.UNTAGGED_LENGTH);
        } else if (!f.opcode().isSend()) {
            throw new CaptureException(frame, "Terminate: the connection broke");
        }
    }

    private void readRequest(int frame, Fpdu f, int at) {
        ByteBuffer b = f.bytes();
        ByteBuffer again = ByteBuffer.allocate(ReadRequestHeader.LENGTH);
        ReadRequestHeader.put(again, 0, ReadRequestHeader.sinkStag(b, at), ReadRequestHeader.sinkOffset(b, at),
                ReadRequestHeader.size(b, at), ReadRequestHeader.sourceStag(b, at), ReadRequestHeader.sourceOffset(b, at));
        requireSame(frame, "Read Request header", b.slice(at, ReadRequestHeader.LENGTH), again);
        rpc.readRequest(frame, f.direction(), again);
    }

    static void requireSame(int frame, String what, ByteBuffer came, ByteBuffer again) {
        int at = came.mismatch(again.duplicate().clear());
        if (at >= 0) {
            throw new CaptureException(frame, what + " does not encode to the bytes that were got: they differ at byte " + at);
        }
    }
}
