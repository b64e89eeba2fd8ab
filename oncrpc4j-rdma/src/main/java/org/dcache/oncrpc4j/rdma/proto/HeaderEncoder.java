// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

import java.nio.ByteBuffer;
import java.util.Objects;

/** Writes an {@link RdmaHeader} (RFC 8166, 4). Writes nothing unless all of it fits. Belongs to its header, one thread at a time. */
final class HeaderEncoder {

    private final RdmaHeader header;
    private ByteBuffer target;
    private int at;

    HeaderEncoder(RdmaHeader header) {
        this.header = header;
    }

    static int length(RdmaHeader h) {
        return switch (h.procedure()) {
            case RdmaHeader.RDMA_MSG, RdmaHeader.RDMA_NOMSG -> listsLength(h);
            case RdmaHeader.RDMA_ERROR ->
                h.errorCode() == RdmaHeader.ERR_VERS ? HeaderLayout.ERR_VERS_LENGTH : HeaderLayout.ERR_CHUNK_LENGTH;
            default -> throw new IllegalStateException("RPC-over-RDMA procedure " + h.procedure()
                    + ": only RDMA_MSG, RDMA_NOMSG and RDMA_ERROR are ever sent");
        };
    }

    private static int listsLength(RdmaHeader h) {
        int words = 3 + h.writeCount() * 2 + (h.hasReply() ? 1 : 0);
        return HeaderLayout.FIXED_LENGTH + words * HeaderLayout.WORD + h.writtenSegments() * HeaderLayout.SEGMENT
                + h.readCount() * HeaderLayout.READ_ENTRY;
    }

    int encode(ByteBuffer buffer, int index) {
        int length = length(header);
        Objects.checkFromIndexSize(index, length, buffer.limit());
        target = buffer;
        at = index;
        word(header.xid());
        word(header.version());
        word(header.credits());
        word(header.procedure());
        if (header.procedure() == RdmaHeader.RDMA_ERROR) {
            error();
        } else {
            readList();
            chunks();
        }
        target = null;
        return length;
    }

    private void error() {
        word(header.errorCode());
        if (header.errorCode() == RdmaHeader.ERR_VERS) {
            word(header.versionLow());
            word(header.versionHigh());
        }
    }

    private void readList() {
        for (int i = 0; i < header.readCount(); i++) {
            word(HeaderLayout.PRESENT);
            word(header.readPosition(i));
            segment(header.readHandle(i), header.readLength(i), header.readOffset(i));
        }
        word(HeaderLayout.ABSENT);
    }

    private void chunks() {
        for (int i = 0; i < header.writeCount(); i++) {
            chunk(i);
        }
        word(HeaderLayout.ABSENT);
        if (header.hasReply()) {
            chunk(RdmaHeader.REPLY);
        } else {
            word(HeaderLayout.ABSENT);
        }
    }

    private void chunk(int chunk) {
        word(HeaderLayout.PRESENT);
        int segments = header.writeSegments(chunk);
        word(segments);
        for (int i = 0; i < segments; i++) {
            segment(header.writeHandle(chunk, i), header.writeLength(chunk, i), header.writeOffset(chunk, i));
        }
    }

    private void segment(int handle, int length, long offset) {
        word(handle);
        word(length);
        HeaderLayout.putLong(target, at, offset);
        at += Long.BYTES;
    }

    private void word(int value) {
        HeaderLayout.putInt(target, at, value);
        at += HeaderLayout.WORD;
    }
}
