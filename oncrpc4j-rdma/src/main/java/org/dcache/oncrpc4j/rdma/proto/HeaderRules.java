// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

import org.dcache.oncrpc4j.rdma.proto.MalformedHeaderException.Reason;

/** Rules that a decoded header obeys in one direction only, or only together with the inline message. Stateless. */
final class HeaderRules {

    private HeaderRules() {}

    static void checkCall(RdmaHeader h) throws MalformedHeaderException {
        boolean zero = h.positionZero();
        if (h.procedure() == RdmaHeader.RDMA_NOMSG && !zero) {
            throw MalformedHeaderException.of(Reason.NOMSG_WITHOUT_CHUNK);
        }
        if (h.procedure() == RdmaHeader.RDMA_MSG && zero) {
            throw MalformedHeaderException.of(Reason.POSITION_ZERO_WITH_MSG);
        }
    }

    static void checkReply(RdmaHeader h) throws MalformedHeaderException {
        if (h.readCount() > 0) {
            throw MalformedHeaderException.of(Reason.READ_LIST_IN_REPLY);
        }
        if (h.procedure() == RdmaHeader.RDMA_NOMSG && h.writeTotal(RdmaHeader.REPLY) == 0) {
            throw MalformedHeaderException.of(Reason.NOMSG_WITHOUT_CHUNK);
        }
    }

    static long checkReads(RdmaHeader h, int inlineLength) throws MalformedHeaderException {
        // Bytes of the unreduced message known so far: the inline or Position-Zero part, then each chunk with its pad.
        long stream = h.positionZero() ? h.positionZeroTotal() : inlineLength;
        long previousEnd = 0;
        int i = 0;
        while (i < h.readCount()) {
            int position = h.readPosition(i);
            long length = 0;
            do {
                length += h.readLength(i++);
            } while (i < h.readCount() && h.readPosition(i) == position);
            if (position == 0) {
                continue;
            }
            if (position < previousEnd) {
                throw MalformedHeaderException.of(Reason.CHUNKS_OVERLAP);
            }
            if (position > stream) {
                throw MalformedHeaderException.of(Reason.POSITION_BEYOND_STREAM);
            }
            long padded = length + 3 & ~3L;
            previousEnd = position + padded;
            stream += padded;
        }
        return stream;
    }
}
