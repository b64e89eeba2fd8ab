// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.decode;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.proto.RpcWords;

/** Headers in words. A segment is {@code handle:length@offset}, numbers in hexadecimal but the length. Stateless. */
final class MessageText {

    private static final String[] PROCEDURES = {"RDMA_MSG", "RDMA_NOMSG", "RDMA_MSGP", "RDMA_DONE", "RDMA_ERROR"};
    /** Segments to show of one chunk. */
    private static final int MAX_SEGMENTS = 16;
    private static final int MAX_CHUNKS = 16;
    private static final int OPAQUE_LENGTH = 4;

    private MessageText() {}

    static String procedure(int procedure) {
        return procedure >= 0 && procedure < PROCEDURES.length ? PROCEDURES[procedure] : "procedure " + Integer.toUnsignedString(procedure);
    }

    /** All chunk lists, with a blank before each; nothing when there are none. */
    static String chunks(RdmaHeader h) {
        StringBuilder text = new StringBuilder();
        reads(h, text);
        for (int chunk = 0; chunk < Math.min(h.writeCount(), MAX_CHUNKS); chunk++) {
            write(h, chunk, "write", text);
        }
        more(h.writeCount() - MAX_CHUNKS, "write chunks", text);
        if (h.hasReply()) {
            write(h, RdmaHeader.REPLY, "reply", text);
        }
        return text.toString();
    }

    private static void reads(RdmaHeader h, StringBuilder text) {
        int shown = Math.min(h.readCount(), MAX_SEGMENTS);
        for (int i = 0; i < shown; i++) {
            boolean sameChunk = i > 0 && h.readPosition(i) == h.readPosition(i - 1);
            if (!sameChunk) {
                text.append(i > 0 ? "]" : "").append(" read[at ").append(h.readPosition(i)).append(": ");
            } else {
                text.append(" + ");
            }
            segment(text, h.readHandle(i), h.readLength(i), h.readOffset(i));
        }
        if (shown > 0) {
            text.append(']');
        }
        more(h.readCount() - shown, "read segments", text);
    }

    private static void write(RdmaHeader h, int chunk, String name, StringBuilder text) {
        int count = h.writeSegments(chunk);
        text.append(' ').append(name).append('[');
        for (int i = 0; i < Math.min(count, MAX_SEGMENTS); i++) {
            text.append(i > 0 ? " + " : "");
            segment(text, h.writeHandle(chunk, i), h.writeLength(chunk, i), h.writeOffset(chunk, i));
        }
        more(count - MAX_SEGMENTS, "segments", text);
        text.append(']');
    }

    private static void more(int count, String what, StringBuilder text) {
        if (count > 0) {
            text.append(" and ").append(count).append(" more ").append(what);
        }
    }

    private static void segment(StringBuilder text, int handle, int length, long offset) {
        text.append(String.format("%08x:%d@%x", handle, length, offset));
    }

    /** Error code and versions of an RDMA_ERROR. */
    static String error(RdmaHeader h) {
        return switch (h.errorCode()) {
            case RdmaHeader.ERR_VERS -> "ERR_VERS " + Integer.toUnsignedString(h.versionLow()) + " to "
                    + Integer.toUnsignedString(h.versionHigh());
            case RdmaHeader.ERR_CHUNK -> "ERR_CHUNK";
            default -> "error " + Integer.toUnsignedString(h.errorCode());
        };
    }

    /** What an inline reply says of its call's fate, with a comma before; nothing when it succeeded, or when it cannot be seen. */
    static String fate(ByteBuffer rpc) {
        int status = RpcWords.REPLY_VERIFIER + OPAQUE_LENGTH;
        if (rpc.limit() < status + OPAQUE_LENGTH) {
            return "";
        }
        if (rpc.getInt(RpcWords.REPLY_STATUS) == RpcWords.DENIED) {
            return ", denied";
        }
        long accept = status + OPAQUE_LENGTH + (Integer.toUnsignedLong(rpc.getInt(status)) + 3 & ~3L);
        if (accept + Integer.BYTES > rpc.limit() || rpc.getInt((int) accept) == 0) {
            return "";
        }
        return ", accept status " + Integer.toUnsignedString(rpc.getInt((int) accept));
    }

    /** An MPA frame. */
    static String mpa(ByteBuffer frame, boolean reply) {
        int flags = MpaFrame.flags(frame, 0);
        StringBuilder text = new StringBuilder(reply ? "MPA Reply" : "MPA Request").append(", revision ")
                .append(MpaFrame.revision(frame, 0))
                .append((flags & MpaFrame.CRC) != 0 ? ", CRC" : ", no CRC");
        if ((flags & MpaFrame.MARKERS) != 0) {
            text.append(", markers");
        }
        if ((flags & MpaFrame.REJECT) != 0) {
            text.append(", rejected");
        }
        if (MpaFrame.isEnhanced(frame, 0)) {
            text.append(", IRD ").append(MpaFrame.irdWord(frame, 0) & MpaFrame.DEPTH_MASK)
                    .append(", ORD ").append(MpaFrame.ordWord(frame, 0) & MpaFrame.DEPTH_MASK);
            if ((MpaFrame.irdWord(frame, 0) & MpaFrame.PEER_TO_PEER) != 0) {
                text.append(", peer-to-peer");
            }
        }
        byte[] data = MpaFrame.privateData(frame, 0);
        PrivateData own = PrivateData.decode(data);
        if (own != PrivateData.NONE) {
            text.append(", sends ").append(own.sendSize()).append(" B inline, takes ").append(own.receiveSize()).append(" B")
                    .append(own.remoteInvalidation() ? " and Send with Invalidate" : "");
        } else if (data.length > 0) {
            text.append(", ").append(data.length).append(" B of private data");
        }
        return text.toString();
    }
}
