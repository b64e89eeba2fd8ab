// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.dcache.oncrpc4j.rdma.iwarp.FpduLayout;
import org.dcache.oncrpc4j.rdma.iwarp.MpaFrame;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;

/**
 * One direction of an iWARP connection as MPA sees it (RFC 5044): one MPA frame, then FPDUs. FPDUs are only cut once the other
 * direction's MPA frame is known too, as both together say whether there are CRCs. Markers are not read. Each MPA frame is encoded
 * again and must give the same bytes.
 */
final class IwarpStream {

    private final Direction direction;
    private final CaptureListener listener;
    private final RdmapStream rdmap;
    private ByteBuffer bytes = ByteBuffer.allocate(1 << 17).limit(0);
    private int lastFrame;
    private boolean frameSeen;
    private boolean wantsCrc;
    private IwarpStream other;

    IwarpStream(Direction direction, CaptureListener listener, RdmapStream rdmap) {
        this.direction = direction;
        this.listener = listener;
        this.rdmap = rdmap;
    }

    void pairWith(IwarpStream stream) {
        other = stream;
    }

    void bytes(int frame, ByteBuffer more) {
        lastFrame = frame;
        append(more);
        advance();
        other.advance();
    }

    /** Fails when bytes are left that made no FPDU. */
    void end() {
        if (bytes.hasRemaining()) {
            throw new CaptureException(lastFrame, bytes.remaining() + " bytes at the end of the stream " + direction + " are no whole FPDU");
        }
        rdmap.end(lastFrame);
    }

    private void append(ByteBuffer more) {
        if (bytes.capacity() - bytes.limit() < more.remaining()) {
            ByteBuffer room = ByteBuffer.allocate(Math.max(bytes.capacity(), 2 * (bytes.remaining() + more.remaining())));
            room.put(bytes).flip();
            bytes = room;
        }
        int end = bytes.limit();
        bytes.limit(end + more.remaining());
        bytes.put(end, more, more.position(), more.remaining());
    }

    private void advance() {
        if (!frameSeen && !mpaFrame()) {
            return;
        }
        while (other.frameSeen && fpdu()) {
            // each turn takes one FPDU
        }
    }

    private boolean mpaFrame() {
        int at = bytes.position();
        boolean reply = direction == Direction.TO_CLIENT;
        if (!MpaFrame.keyMatches(bytes, at, bytes.remaining(), reply)) {
            throw new CaptureException(lastFrame, "the stream " + direction + " does not begin with an MPA frame");
        }
        if (bytes.remaining() < MpaFrame.HEADER_LENGTH) {
            return false;
        }
        int dataLength = MpaFrame.privateDataLength(bytes, at);
        int length = MpaFrame.HEADER_LENGTH + dataLength;
        if (dataLength > MpaFrame.MAX_PRIVATE_DATA) {
            throw new CaptureException(lastFrame, "MPA private data of " + dataLength + " bytes");
        }
        if (bytes.remaining() < length) {
            return false;
        }
        int flags = MpaFrame.flags(bytes, at);
        if ((flags & MpaFrame.MARKERS) != 0) {
            throw new CaptureException(lastFrame, "MPA markers are asked for, and not read here");
        }
        byte[] data = MpaFrame.privateData(bytes, at);
        ByteBuffer again = ByteBuffer.allocate(length);
        MpaFrame.put(again, 0, reply, flags, MpaFrame.revision(bytes, at), dataLength);
        if (MpaFrame.isEnhanced(bytes, at)) {
            MpaFrame.putDepths(again, 0, MpaFrame.irdWord(bytes, at), MpaFrame.ordWord(bytes, at));
        }
        again.put(length - data.length, data);
        RdmapStream.requireSame(lastFrame, "MPA frame", bytes.slice(at, length), again);
        frameSeen = true;
        wantsCrc = (flags & MpaFrame.CRC) != 0;
        listener.mpa(lastFrame, direction, bytes.slice(at, length), PrivateData.decode(data));
        bytes.position(at + length);
        return true;
    }

    private boolean fpdu() {
        if (bytes.remaining() < FpduLayout.LENGTH_FIELD) {
            return false;
        }
        int at = bytes.position();
        int ulpdu = FpduLayout.ulpduLength(bytes, at);
        int length = FpduLayout.fpduLength(ulpdu);
        if (bytes.remaining() < length) {
            return false;
        }
        ByteBuffer fpdu = bytes.slice(at, length);
        checkCrc(fpdu, FpduLayout.crcOffset(ulpdu));
        rdmap.fpdu(lastFrame, fpdu, ulpdu);
        bytes.position(at + length);
        return true;
    }

    /** Either side's wish gives both directions CRCs; without, the field is 0 with siw. */
    private void checkCrc(ByteBuffer fpdu, int crcOffset) {
        int expected = 0;
        if (wantsCrc || other.wantsCrc) {
            CRC32C crc = new CRC32C();
            crc.update(fpdu.slice(0, crcOffset));
            expected = (int) crc.getValue();
        }
        int came = FpduLayout.crc(fpdu, crcOffset);
        if (came != expected) {
            throw new CaptureException(lastFrame, String.format("CRC field: expected %08x, came %08x", expected, came));
        }
    }
}
