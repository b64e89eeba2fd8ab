// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.counters;

import java.util.EnumSet;
import java.util.Set;
import org.dcache.oncrpc4j.rdma.metrics.CounterName;
import org.dcache.oncrpc4j.rdma.metrics.latency.CallKind;

/**
 * What the connection engine counts. The first block says which path each RPC took, the second what that cost on the wire, the
 * rest are refusals, drops and errors, one name per cause.
 */
public enum XprtCounter implements CounterName {
    // ---- paths, at the requester
    /** Calls sent with everything inline. */
    CLIENT_CALL_INLINE,
    /** Calls sent with a data item in a Read chunk (Linux: read_chunk_count). */
    CLIENT_CALL_READ_CHUNK,
    /** Calls sent whole in a Position-Zero Read chunk (Linux: nomsg_call_count). */
    CLIENT_CALL_LONG,
    /** Write chunks offered (Linux: write_chunk_count). */
    CLIENT_OFFERED_WRITE_CHUNK,
    /** Reply chunks offered (Linux: reply_chunk_count). */
    CLIENT_OFFERED_REPLY_CHUNK,
    /** Replies that came inline, nothing by Write chunk. */
    CLIENT_REPLY_INLINE,
    /** Replies with a data item that came by Write chunk. */
    CLIENT_REPLY_WRITE_CHUNK,
    /** Replies that came whole in the Reply chunk. */
    CLIENT_REPLY_LONG,

    // ---- paths, at the responder
    /** Calls that came inline. */
    SERVER_CALL_INLINE,
    /** Calls with a data item pulled from Read chunks. */
    SERVER_CALL_READ_CHUNK,
    /** Calls pulled whole from a Position-Zero Read chunk. */
    SERVER_CALL_LONG,
    /** Replies sent inline, nothing by Write chunk. */
    SERVER_REPLY_INLINE,
    /** Replies with a data item sent by Write chunk. */
    SERVER_REPLY_WRITE_CHUNK,
    /** Replies sent whole by the Reply chunk. */
    SERVER_REPLY_LONG,
    /** Calls whose dispatch returned without an answer: one-way ones, and those that are answered later. */
    UNANSWERED,

    // ---- what it cost
    /** Send work requests posted. */
    SENDS,
    /** Sends that carried an invalidation. */
    SENDS_WITH_INVALIDATE,
    /** Messages received. */
    RECEIVES,
    /** RDMA Read work requests posted. */
    RDMA_READS,
    /** Bytes pulled by RDMA Read. */
    RDMA_READ_BYTES,
    /** RDMA Write work requests posted. */
    RDMA_WRITES,
    /** Bytes pushed by RDMA Write. */
    RDMA_WRITE_BYTES,
    /** Bytes of data items of 1 KiB or more that were copied between the application and the memory that goes to or comes from the wire. */
    BULK_BYTES_COPIED,
    /** Exposures that our side had to revoke (Linux: local_inv_needed). */
    LOCAL_INVALIDATIONS,
    /** Exposures that the peer's Send with Invalidate revoked. */
    REMOTE_INVALIDATIONS,

    // ---- connections
    CONNECTIONS_ACCEPTED,
    CONNECTIONS_CONNECTED,
    CONNECTIONS_CLOSED,
    /** Connection attempts of ours that failed. */
    CONNECT_FAILED,
    /** Refused: the peer's address is not in oncrpc.rdma.allow. */
    REFUSED_NOT_ALLOWED,
    /** Refused: oncrpc.rdma.connections are in use. */
    REFUSED_TOO_MANY,
    /** Refused: the service stopped while the handshake was under way. */
    REFUSED_STOPPED,
    /** A keepalive probe was sent. */
    KEEPALIVES,
    /** Closed after oncrpc.rdma.idle-timeout without traffic. */
    IDLE_CLOSED,

    // ---- drops and errors
    /** Shorter than any header [30]. */
    DROPPED_SHORT,
    /** A reply with another version [20], or a call of a wrong version that cannot be answered. */
    DROPPED_VERSION,
    /** RDMA_DONE [39]. */
    DROPPED_PROCEDURE,
    /** An RPC message that is neither call nor reply, or one that was fetched by Read chunks and is no call. */
    DROPPED_TYPE,
    /** A reply whose header cannot be decoded [31]. */
    DROPPED_BAD_REPLY,
    /** A reply that announces data which the peer has not written; its call failed. */
    REPLY_NOT_WRITTEN,
    /** A connection was ended because its peer began to write more results at once than there is memory for. */
    RESULT_MEMORY_REFUSED,
    /** A reply to no call of ours: late, duplicate or invented (Linux: bad_reply_count). */
    DROPPED_UNKNOWN_XID,
    /** The late answer to a call whose caller gave up. */
    DROPPED_ABANDONED,
    /** ERR_VERS sent. */
    SENT_ERR_VERS,
    /** ERR_CHUNK sent because the header could not be decoded or broke a rule. */
    SENT_ERR_CHUNK_HEADER,
    /** ERR_CHUNK sent because the reply did not fit what the client offered. */
    SENT_ERR_CHUNK_REPLY_TOO_BIG,
    /** ERR_CHUNK sent because a call's Read chunk moved something that the program's binding does not name [41]. */
    SENT_ERR_CHUNK_NOT_ELIGIBLE,
    /** ERR_CHUNK sent because a call's chunks exceed oncrpc.rdma.max-message or max-segments. */
    SENT_ERR_CHUNK_CALL_TOO_BIG,
    /** RDMA_ERROR received for a call of ours. */
    RECEIVED_ERROR,
    /** A peer had more calls outstanding than granted: closed. */
    CREDIT_OVERRUN,
    /** A call waited for credits. */
    CREDIT_WAITS,
    /** A regbuf came from the heap because the memory budget was used up (Linux: hardway_register_count). */
    REGBUF_HARDWAY,
    /** A loop found no regbuf ready and took heap memory; the helper thread makes more. */
    REGBUF_NOT_READY,
    /** A callback kept a reply undecoded, so its memory was left to the garbage collector. */
    REGBUF_FORGOTTEN,
    /** A slab could not be allocated or registered. */
    REGBUF_REGISTRATION_FAILED,
    /** A peer let more answers pile up than it may have: closed. */
    SENDCTX_OVERRUN,
    /** A connection was ended because a message could not be posted, by a fault of ours or of the provider's. */
    POST_FAILED,
    /** A NULL call was sent behind one-way calls, to get their credits back. */
    ONE_WAY_FLUSHES,
    /** A connection was ended because calls that were given up held all its credits and no reply came. */
    CREDITS_EXHAUSTED,
    /** A call failed because the backlog was full. */
    BACKLOG_FULL,
    /** A call waited for sink memory. */
    SINK_WAITS,
    /** A connection was closed because a call's Reads made no progress. */
    READ_TIMEOUT,
    /** A connection was ended because its peer did not answer a keepalive probe and sent nothing else. */
    PEER_SILENT,
    /** A connection was ended because the periodic look at it failed, by a fault of ours. */
    PATROL_FAILED,
    /** A call of ours was fenced because its caller gave up. */
    FENCED_ABANDONED,
    /** A call was answered by us because the program never did, or could not decode it. */
    ANSWERED_FOR_PROGRAM,
    /** A call was refused because of its RPCSEC_GSS credential, verifier or token. */
    GSS_REFUSED,
    /** An RPC call was denied: RPC version, or a credential that is not accepted. */
    CALL_DENIED,
    /**
     * The service's executor ran a task in a loop or the timer, as one with a caller-runs policy does when it is full; it was moved to our
     * workers.
     */
    MOVED_OFF_LOOP,
    /** The service's executor rejected a call. */
    EXECUTOR_REJECTED;

    private static final Set<XprtCounter> PROBLEMS = EnumSet.range(DROPPED_SHORT, EXECUTOR_REJECTED);

    static {
        PROBLEMS.addAll(Set.of(CONNECT_FAILED, REFUSED_NOT_ALLOWED, REFUSED_TOO_MANY));
        // Somebody had to wait or took a slower way; nothing was refused or lost.
        PROBLEMS.removeAll(Set.of(CREDIT_WAITS, ONE_WAY_FLUSHES, SINK_WAITS, MOVED_OFF_LOOP, REGBUF_NOT_READY));
    }

    @Override
    public boolean problem() {
        return PROBLEMS.contains(this);
    }

    /** Of a path: how what takes it goes. */
    public CallKind kind() {
        return switch (this) {
            case CLIENT_CALL_READ_CHUNK, CLIENT_REPLY_WRITE_CHUNK, SERVER_CALL_READ_CHUNK, SERVER_REPLY_WRITE_CHUNK -> CallKind.CHUNK;
            case CLIENT_CALL_LONG, CLIENT_REPLY_LONG, SERVER_CALL_LONG, SERVER_REPLY_LONG -> CallKind.LONG;
            default -> CallKind.INLINE;
        };
    }

    @Override
    public String group() {
        return "xprt";
    }
}
