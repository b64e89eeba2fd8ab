// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.proto.MalformedHeaderException.Reason;

/**
 * Decodes one received message into an {@link RdmaHeader} (RFC 8166, 4). It trusts nothing: every list is read within the message's bounds,
 * the segment limit is taken before anything is stored, and work is linear in the segments taken. Belongs to its header, one thread at a
 * time; it holds the place in the message only while decoding.
 */
final class HeaderDecoder {

    private final RdmaHeader header;
    private ByteBuffer message;
    private int at;
    private int end;
    private int segmentsLeft;

    HeaderDecoder(RdmaHeader header) {
        this.header = header;
    }

    /** Returns the header's length; on failure the lists are empty. */
    int decode(ByteBuffer received, int maxSegments) throws MalformedHeaderException {
        message = received;
        at = received.position();
        end = received.limit();
        segmentsLeft = maxSegments;
        header.reset();
        try {
            return decode() - received.position();
        } catch (MalformedHeaderException e) {
            header.clearLists();
            throw e;
        } finally {
            message = null;
        }
    }

    private int decode() throws MalformedHeaderException {
        int length = end - at;
        if (length < RdmaHeader.MIN_ERROR_LENGTH) {
            throw MalformedHeaderException.of(Reason.SHORT);
        }
        int version = HeaderLayout.getInt(message, at + HeaderLayout.VERSION);
        int procedure = HeaderLayout.getInt(message, at + HeaderLayout.PROCEDURE);
        boolean error = version == RdmaHeader.VERSION && procedure == RdmaHeader.RDMA_ERROR;
        if (length < RdmaHeader.MIN_LENGTH && !error) {
            throw MalformedHeaderException.of(Reason.SHORT);
        }
        header.xid(HeaderLayout.getInt(message, at + HeaderLayout.XID))
                .version(version)
                .credits(HeaderLayout.getInt(message, at + HeaderLayout.CREDITS))
                .procedure(procedure);
        if (version != RdmaHeader.VERSION) {
            throw MalformedHeaderException.of(Reason.VERSION);
        }
        return switch (procedure) {
            case RdmaHeader.RDMA_MSG, RdmaHeader.RDMA_NOMSG -> lists();
            case RdmaHeader.RDMA_ERROR -> error();
            case RdmaHeader.RDMA_MSGP -> throw MalformedHeaderException.of(Reason.MSGP);
            case RdmaHeader.RDMA_DONE -> throw MalformedHeaderException.of(Reason.DONE);
            default -> throw MalformedHeaderException.of(Reason.UNKNOWN_PROCEDURE);
        };
    }

    /** A code that is neither ERR_VERS nor ERR_CHUNK is kept: it ends the RPC that it names, as any error does. */
    private int error() throws MalformedHeaderException {
        int code = HeaderLayout.getInt(message, at + HeaderLayout.ERROR_CODE);
        if (code != RdmaHeader.ERR_VERS) {
            header.error(code, 0, 0);
            return at + HeaderLayout.ERR_CHUNK_LENGTH;
        }
        if (end - at < HeaderLayout.ERR_VERS_LENGTH) {
            throw MalformedHeaderException.of(Reason.TRUNCATED_LIST);
        }
        header.error(code, HeaderLayout.getInt(message, at + HeaderLayout.ERROR_VERSION_LOW),
                HeaderLayout.getInt(message, at + HeaderLayout.ERROR_VERSION_HIGH));
        return at + HeaderLayout.ERR_VERS_LENGTH;
    }

    private int lists() throws MalformedHeaderException {
        at += HeaderLayout.FIXED_LENGTH;
        while (present()) {
            readEntry();
        }
        while (present()) {
            header.beginWrite();
            chunk(false);
        }
        if (present()) {
            header.beginReply();
            chunk(true);
        }
        return at;
    }

    private void readEntry() throws MalformedHeaderException {
        take(1);
        need(HeaderLayout.WORD + HeaderLayout.SEGMENT);
        int position = word();
        if (position < 0) {
            throw MalformedHeaderException.of(Reason.LENGTH_OVERFLOW);
        }
        if ((position & 3) != 0) {
            throw MalformedHeaderException.of(Reason.MISALIGNED_POSITION);
        }
        int handle = word();
        int length = length();
        header.addRead(position, handle, length, offset(length));
    }

    private void chunk(boolean reply) throws MalformedHeaderException {
        need(HeaderLayout.WORD);
        int count = word();
        // A chunk without segments costs as much as one with one, so that a flood of them is bounded too.
        take(count == 0 ? 1 : count);
        need((long) count * HeaderLayout.SEGMENT);
        for (int i = 0; i < count; i++) {
            int handle = word();
            int length = length();
            long offset = offset(length);
            if (reply) {
                header.addReplySegment(handle, length, offset);
            } else {
                header.addWriteSegment(handle, length, offset);
            }
        }
    }

    private boolean present() throws MalformedHeaderException {
        need(HeaderLayout.WORD);
        return switch (word()) {
            case HeaderLayout.ABSENT -> false;
            case HeaderLayout.PRESENT -> true;
            default -> throw MalformedHeaderException.of(Reason.BAD_LIST_DISCRIMINATOR);
        };
    }

    /** {@code count} is unsigned, as it was got. */
    private void take(int count) throws MalformedHeaderException {
        if (count < 0 || count > segmentsLeft) {
            throw MalformedHeaderException.of(Reason.TOO_MANY_SEGMENTS);
        }
        segmentsLeft -= count;
    }

    private void need(long bytes) throws MalformedHeaderException {
        if (bytes > end - at) {
            throw MalformedHeaderException.of(Reason.TRUNCATED_LIST);
        }
    }

    private int word() {
        int value = HeaderLayout.getInt(message, at);
        at += HeaderLayout.WORD;
        return value;
    }

    private int length() throws MalformedHeaderException {
        int length = word();
        if (length < 0) {
            throw MalformedHeaderException.of(Reason.LENGTH_OVERFLOW);
        }
        return length;
    }

    /** The segment's offset; its last byte must be addressable with 64 bits. */
    private long offset(int length) throws MalformedHeaderException {
        long offset = HeaderLayout.getLong(message, at);
        at += Long.BYTES;
        if (length > 0 && Long.compareUnsigned(offset + (length - 1), offset) < 0) {
            throw MalformedHeaderException.of(Reason.SEGMENT_WRAPS);
        }
        return offset;
    }
}
