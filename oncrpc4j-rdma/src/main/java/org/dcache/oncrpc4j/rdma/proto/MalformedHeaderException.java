// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

/**
 * A received RPC-over-RDMA header cannot be decoded or breaks a rule. There is one instance for each reason, without a stack trace, so that
 * a flood of bad headers costs no memory; whoever logs one adds peer and XID.
 *
 * <p>Unless the reason is {@link Reason#SHORT}, XID, version, credits and procedure are still to be read from the {@link RdmaHeader}, while
 * all its lists are empty when {@link RdmaHeader#decode} has thrown. (The {@code check} methods leave the header as it is.)
 */
public final class MalformedHeaderException extends Exception {

    private static final long serialVersionUID = 1L;

    /** Why; in brackets the rule of RFC 8166. */
    public enum Reason {
        /** Below 28 bytes, or 20 bytes for RDMA_ERROR: to be dropped silently [4.5]. */
        SHORT("expected at least 28 bytes, or 20 of RDMA_ERROR; the message is shorter"),
        /** Another protocol version: a call is answered with ERR_VERS, a reply is dropped [4.2.2]. */
        VERSION("expected version 1; got another one"),
        /** Neither of the five procedures: a call is answered with ERR_CHUNK [4.5.2]. */
        UNKNOWN_PROCEDURE("expected procedure 0 to 4; got another one"),
        /** RDMA_MSGP: a call is answered with ERR_CHUNK, a reply is dropped [4.6.1]. */
        MSGP("got RDMA_MSGP; it is obsolete and not supported"),
        /** RDMA_DONE: to be dropped silently [4.6.2]. */
        DONE("got RDMA_DONE; it is obsolete and ignored"),
        /** The message ends within a list or within RDMA_ERROR. */
        TRUNCATED_LIST("the message ends before its chunk lists or error values do"),
        /** A word that tells whether an entry follows is neither 0 nor 1. */
        BAD_LIST_DISCRIMINATOR("expected 0 or 1 before a list entry; got another value"),
        /** More segments, or chunks, than we are ready to take. */
        TOO_MANY_SEGMENTS("the chunk lists have more segments than oncrpc.rdma.max-segments"),
        /** A Read chunk's position is not a multiple of 4 [3.4.5]. */
        MISALIGNED_POSITION("expected a Read chunk position that is a multiple of 4"),
        /** A segment's last byte is beyond 2^64 - 1. */
        SEGMENT_WRAPS("a segment's offset and length exceed 64 bits"),
        /** A segment's length, or a Read chunk's position, is above 2^31 - 1. */
        LENGTH_OVERFLOW("expected segment lengths and Read chunk positions up to 2147483647"),
        /** RDMA_NOMSG, but neither a Position-Zero Read chunk (call) nor a Reply chunk with data (reply) is there [4.2.4]. */
        NOMSG_WITHOUT_CHUNK("got RDMA_NOMSG without the chunk that holds the RPC message"),
        /** RDMA_MSG with a Read chunk at position 0, where the RPC header is, which can never be reduced [3.4.1, 3.5.3]. */
        POSITION_ZERO_WITH_MSG("got RDMA_MSG with a Read chunk at position 0"),
        /** A reply with a Read list [4.3.1]. */
        READ_LIST_IN_REPLY("got a reply with a Read list"),
        /** A Read chunk's position is beyond the end of the RPC message. */
        POSITION_BEYOND_STREAM("a Read chunk's position is beyond the end of the message"),
        /** Two Read chunks claim the same bytes of the RPC message. */
        CHUNKS_OVERLAP("two Read chunks overlap in the message");

        private final MalformedHeaderException exception;

        Reason(String text) {
            exception = new MalformedHeaderException(this, text);
        }
    }

    private final Reason reason;

    private MalformedHeaderException(Reason reason, String text) {
        super("RPC-over-RDMA header: " + text, null, false, false);
        this.reason = reason;
    }

    /** The one instance for this reason; any thread may throw it. */
    public static MalformedHeaderException of(Reason reason) {
        return reason.exception;
    }

    public Reason reason() {
        return reason;
    }
}
