// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

/**
 * Something in a connection that is not as it should be.
 *
 * @param at where it was noticed
 * @param direction of the stream that it is in
 * @param bytes of the stream that were not decoded because of it, 0 or more; no byte is counted by two problems
 * @param text what was expected and what was got
 */
public record CaptureProblem(Kind kind, Moment at, Direction direction, long bytes, String text) {

    /** Why; the names are for counting. */
    public enum Kind {
        /** No MPA frame begins the stream: the capture began later, or it is no iWARP. */
        NO_MPA,
        /** An MPA frame that breaks RFC 5044 or RFC 6581. */
        BAD_MPA,
        /** Markers were agreed on, which are not read here. */
        MARKERS,
        /** Bytes behind a handshake that was refused. */
        REJECTED,
        /** A CRC that is not right. */
        BAD_CRC,
        /** Bytes that are not in the capture. */
        MISSING,
        /** Where the next FPDU should begin, none does, or that place is not in the capture. */
        OUT_OF_SYNC,
        /** An FPDU that holds no legal DDP segment or RDMAP message. */
        BAD_DDP,
        /** A queue number, message sequence number or message offset out of order. */
        OUT_OF_ORDER,
        /** A Send longer than any inline message. */
        TOO_LONG,
        /** The stream ends within an FPDU. */
        INCOMPLETE,
        /** The stream ends, or has a hole, within a Send. */
        INCOMPLETE_SEND,
        /** A TCP segment that belongs nowhere. */
        STRAY,
        /** Too much would have to be held in memory. */
        MEMORY
    }
}
