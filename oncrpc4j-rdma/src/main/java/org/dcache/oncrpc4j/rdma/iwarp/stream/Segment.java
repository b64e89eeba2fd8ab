// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.stream;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.iwarp.memory.IwarpExposure;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;

/**
 * The DDP segment that arrives: what it is, and where its payload goes (siw: {@code struct siw_rx_fpdu}). One for each connection, used
 * again for each segment. {@link InboundMessages} fills it from the header, {@link ReceiveSide} moves the payload and counts it off. Loop
 * thread only.
 */
final class Segment {

    /** Null for an FPDU without a segment, and before a header was right. */
    RdmapOpcode opcode;
    /** The last one of its message. */
    boolean last;
    /** Bytes of payload. */
    int payload;
    /** Bytes of it that are still to come. */
    int left;
    /** Where the next of them goes; the memory is null when there is no payload to place. */
    ByteBuffer memory;
    int at;
    /** Whose memory it is; null when it is not memory that the peer named. */
    IwarpExposure exposure;

    /** It has nowhere to go yet. */
    void begin(RdmapOpcode its, boolean isLast, int payloadLength) {
        opcode = its;
        last = isLast;
        payload = payloadLength;
        left = payloadLength;
        memory = null;
        at = 0;
        exposure = null;
    }

    void to(ByteBuffer place, int offset) {
        memory = place;
        at = offset;
    }

    /** So many bytes of the payload were placed. */
    void placed(int bytes) {
        at += bytes;
        left -= bytes;
    }
}
