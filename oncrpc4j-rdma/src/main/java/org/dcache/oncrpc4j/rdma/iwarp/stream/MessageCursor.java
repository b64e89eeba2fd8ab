// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.stream;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.iwarp.memory.IwarpExposure;
import org.dcache.oncrpc4j.rdma.iwarp.memory.ReadRequests;
import org.dcache.oncrpc4j.rdma.iwarp.tx.TxBatch;
import org.dcache.oncrpc4j.rdma.iwarp.wire.DdpHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.iwarp.wire.ReadRequestHeader;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;

/**
 * The message that is just being cut into DDP segments: where it stands, and where its payload comes from.
 *
 * <p>Used only by the thread that holds the send side. One message at a time: that is what keeps messages of a connection from
 * interleaving. Small payloads, and heap memory always, are copied next to their header; large direct memory is
 * referred to. It never moves the position of a sender's buffer.
 */
final class MessageCursor {

    /** An FPDU's payload up to this size is copied whole: one write of contiguous bytes is cheaper than gathering. */
    private static final int COPY_WHOLE = 8 << 10;
    /** Pieces of larger payloads below this size are copied all the same. */
    private static final int COPY_PIECE = 2 << 10;
    /** A segment with more pieces than this is copied whole. */
    private static final int MAX_PIECES = 16;

    private final int mulpdu;
    private final boolean crc;

    private RdmapOpcode opcode;
    private int stag;
    private long taggedOffset;
    private int msn;
    private int messageOffset;
    private int sinkStag;
    private int readLength;
    private long remaining;
    private WorkRequest request;
    private IwarpExposure exposure;
    private ByteBuffer single;
    private int element;
    private int elementOffset;
    private boolean active;

    MessageCursor(int mulpdu, boolean crc) {
        this.mulpdu = mulpdu;
        this.crc = crc;
    }

    /** Whether there are segments left to be cut. */
    boolean isActive() {
        return active;
    }

    /** The work request this message came from, or null. */
    WorkRequest request() {
        return request;
    }

    /** The exposure that a Read Response is taken from, or null. */
    IwarpExposure exposure() {
        return exposure;
    }

    private void start(RdmapOpcode op, WorkRequest from, long bytes) {
        opcode = op;
        request = from;
        exposure = null;
        single = null;
        element = 0;
        elementOffset = 0;
        messageOffset = 0;
        remaining = bytes;
        active = true;
    }

    void startSend(WorkRequest send, int sequence) {
        boolean invalidate = send.opcode() == WorkRequest.Opcode.SEND_WITH_INVALIDATE;
        start(invalidate ? RdmapOpcode.SEND_WITH_INVALIDATE : RdmapOpcode.SEND, send, send.remaining());
        stag = invalidate ? send.invalidateStag() : 0;
        msn = sequence;
    }

    void startWrite(WorkRequest write) {
        start(RdmapOpcode.RDMA_WRITE, write, write.remaining());
        stag = write.remoteStag();
        taggedOffset = write.remoteOffset();
    }

    /** A Write of nothing, which no peer checks the STag of. */
    void startEmptyWrite() {
        start(RdmapOpcode.RDMA_WRITE, null, 0);
        stag = 1;
        taggedOffset = 0;
    }

    /** The Read Request of {@code read}; its completion is none of this class. */
    void startReadRequest(WorkRequest read, int sequence, int sink, int length) {
        start(RdmapOpcode.READ_REQUEST, null, 0);
        stag = read.remoteStag();
        taggedOffset = read.remoteOffset();
        sinkStag = sink;
        readLength = length;
        msn = sequence;
    }

    void startReadResponse(ReadRequests requests) {
        start(RdmapOpcode.READ_RESPONSE, null, requests.length());
        exposure = requests.source();
        single = exposure == null ? null : exposure.view();
        elementOffset = requests.sourceOffset();
        stag = requests.sinkStag();
        taggedOffset = requests.sinkOffset();
    }

    void startTerminate(ByteBuffer payload) {
        start(RdmapOpcode.TERMINATE, null, payload.remaining());
        single = payload;
        stag = 0;
        msn = 1;
    }

    void drop() {
        active = false;
        request = null;
        exposure = null;
        single = null;
    }

    /**
     * Puts the next segment into the batch.
     *
     * @return false when the batch is full and nothing was done
     */
    boolean encode(TxBatch batch) {
        int header = opcode.headerLength();
        int bytes = (int) Math.min(remaining, mulpdu - header & ~3);
        boolean last = bytes == remaining;
        int copied = bytes <= COPY_WHOLE ? bytes : copied(bytes);
        if (!batch.begin(FpduLayout.LENGTH_FIELD + header + copied)) {
            return false;
        }
        putHeader(batch.memory(), batch.position(), header, bytes, last);
        batch.advance(FpduLayout.LENGTH_FIELD + header);
        payload(batch, bytes, copied == bytes);
        batch.end(header + bytes, crc);
        taggedOffset += bytes;
        messageOffset += bytes;
        remaining -= bytes;
        active = !last;
        return true;
    }

    private void putHeader(ByteBuffer memory, int at, int header, int bytes, boolean last) {
        FpduLayout.putUlpduLength(memory, at, header + bytes);
        int ddp = at + FpduLayout.OFFSET_ULPDU;
        if (opcode == RdmapOpcode.READ_REQUEST) {
            DdpHeader.putUntagged(memory, ddp, opcode, true, 0, msn, 0);
            ReadRequestHeader.put(memory, ddp + DdpHeader.UNTAGGED_LENGTH, sinkStag, 0, readLength, stag, taggedOffset);
        } else if (opcode.isTagged()) {
            DdpHeader.putTagged(memory, ddp, opcode, last, stag, taggedOffset);
        } else {
            DdpHeader.putUntagged(memory, ddp, opcode, last, stag, msn, messageOffset);
        }
    }

    private ByteBuffer buffer(int index) {
        return single != null ? single : request.buffer(index);
    }

    private int base(ByteBuffer buffer) {
        return single != null ? 0 : buffer.position();
    }

    private int left(ByteBuffer buffer) {
        return (int) (single != null ? Math.min(remaining, buffer.capacity() - elementOffset) : buffer.remaining() - elementOffset);
    }

    /** How much of the next {@code bytes} will be copied rather than referred to. */
    private int copied(int bytes) {
        int sum = 0;
        int pieces = 0;
        int offset = elementOffset;
        int rest = bytes;
        for (int i = element; rest > 0; i++) {
            ByteBuffer buffer = buffer(i);
            int piece = single != null ? rest : Math.min(rest, buffer.remaining() - offset);
            if (!buffer.isDirect() || piece < COPY_PIECE) {
                sum += piece;
            }
            rest -= piece;
            offset = 0;
            pieces++;
        }
        return pieces > MAX_PIECES ? bytes : sum;
    }

    private void payload(TxBatch batch, int bytes, boolean copyAll) {
        int rest = bytes;
        while (rest > 0) {
            ByteBuffer buffer = buffer(element);
            int available = left(buffer);
            int piece = Math.min(rest, available);
            int from = base(buffer) + elementOffset;
            if (copyAll || !buffer.isDirect() || piece < COPY_PIECE) {
                batch.copy(buffer, from, piece);
            } else {
                batch.refer(buffer, from, piece, crc);
            }
            rest -= piece;
            elementOffset += piece;
            if (piece == available && single == null) {
                element++;
                elementOffset = 0;
            }
        }
    }
}
