// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.counters;

import static org.dcache.oncrpc4j.rdma.metrics.CounterName.Severity.NORMAL;
import static org.dcache.oncrpc4j.rdma.metrics.CounterName.Severity.PROBLEM;

import org.dcache.oncrpc4j.rdma.metrics.CounterName;
import org.dcache.oncrpc4j.rdma.metrics.latency.CallKind;

/**
 * What the connection engine counts. The first block says which path each RPC took, the second what that cost on the wire, the
 * rest are refusals, drops and errors, one name per cause.
 */
public enum XprtCounter implements CounterName {
    // ---- paths, at the requester
    /** Calls sent with everything inline. */
    CLIENT_CALL_INLINE(NORMAL),
    /** Calls sent with a data item in a Read chunk (Linux: read_chunk_count). */
    CLIENT_CALL_READ_CHUNK(NORMAL),
    /** Calls sent whole in a Position-Zero Read chunk (Linux: nomsg_call_count). */
    CLIENT_CALL_LONG(NORMAL),
    /** Write chunks offered (Linux: write_chunk_count). */
    CLIENT_OFFERED_WRITE_CHUNK(NORMAL),
    /** Reply chunks offered (Linux: reply_chunk_count). */
    CLIENT_OFFERED_REPLY_CHUNK(NORMAL),
    /** Replies that came inline, nothing by Write chunk. */
    CLIENT_REPLY_INLINE(NORMAL),
    /** Replies with a data item that came by Write chunk. */
    CLIENT_REPLY_WRITE_CHUNK(NORMAL),
    /** Replies that came whole in the Reply chunk. */
    CLIENT_REPLY_LONG(NORMAL),

    // ---- paths, at the responder
    /** Calls that came inline. */
    SERVER_CALL_INLINE(NORMAL),
    /** Calls with a data item pulled from Read chunks. */
    SERVER_CALL_READ_CHUNK(NORMAL),
    /** Calls pulled whole from a Position-Zero Read chunk. */
    SERVER_CALL_LONG(NORMAL),
    /** Replies sent inline, nothing by Write chunk. */
    SERVER_REPLY_INLINE(NORMAL),
    /** Replies with a data item sent by Write chunk. */
    SERVER_REPLY_WRITE_CHUNK(NORMAL),
    /** Replies sent whole by the Reply chunk. */
    SERVER_REPLY_LONG(NORMAL),
    /** Calls whose dispatch returned without an answer: one-way ones, and those that are answered later. */
    UNANSWERED(NORMAL),
    /** Calls that ran in the thread that took them from the network: one of the service's, which served the loop. */
    CALLS_NOT_HANDED_OVER(NORMAL),

    // ---- what it cost
    /** Send work requests posted. */
    SENDS(NORMAL),
    /** Sends that carried an invalidation. */
    SENDS_WITH_INVALIDATE(NORMAL),
    /** Messages received. */
    RECEIVES(NORMAL),
    /** RDMA Read work requests posted. */
    RDMA_READS(NORMAL),
    /** Bytes pulled by RDMA Read. */
    RDMA_READ_BYTES(NORMAL),
    /** RDMA Write work requests posted. */
    RDMA_WRITES(NORMAL),
    /** Bytes pushed by RDMA Write. */
    RDMA_WRITE_BYTES(NORMAL),
    /** Bytes of data items of 1 KiB or more that were copied between the application and the memory that goes to or comes from the wire. */
    BULK_BYTES_COPIED(NORMAL),
    /** Exposures that our side had to revoke (Linux: local_inv_needed). */
    LOCAL_INVALIDATIONS(NORMAL),
    /** Exposures that the peer's Send with Invalidate revoked. */
    REMOTE_INVALIDATIONS(NORMAL),

    // ---- connections
    CONNECTIONS_ACCEPTED(NORMAL),
    CONNECTIONS_CONNECTED(NORMAL),
    CONNECTIONS_CLOSED(NORMAL),
    /** Connection attempts of ours that failed. */
    CONNECT_FAILED(PROBLEM),
    /** Refused: the peer's address is not in oncrpc.rdma.allow. */
    REFUSED_NOT_ALLOWED(PROBLEM),
    /** Refused: oncrpc.rdma.connections are in use. */
    REFUSED_TOO_MANY(PROBLEM),
    /** A keepalive probe was sent. */
    KEEPALIVES(NORMAL),
    /** Closed after oncrpc.rdma.idle-timeout without traffic. */
    IDLE_CLOSED(NORMAL),

    // ---- drops and errors
    /** Shorter than any header [30]. */
    DROPPED_SHORT(PROBLEM),
    /** A reply with another version [20], or a call of a wrong version that cannot be answered. */
    DROPPED_VERSION(PROBLEM),
    /** RDMA_DONE [39]. */
    DROPPED_PROCEDURE(PROBLEM),
    /** An RPC message that is neither call nor reply, or one that was fetched by Read chunks and is no call. */
    DROPPED_TYPE(PROBLEM),
    /** A reply whose header cannot be decoded [31], or contradicts its chunks or what was offered; its call failed. */
    DROPPED_BAD_REPLY(PROBLEM),
    /** A reply that announces data which the peer has not written; its call failed. */
    REPLY_NOT_WRITTEN(PROBLEM),
    /** A reply could not be put together, by a fault of the program's binding or of ours, or for want of memory; its call failed. */
    REPLY_ASSEMBLY_FAILED(PROBLEM),
    /** A connection was ended because its peer began to write more results at once than there is memory for. */
    RESULT_MEMORY_REFUSED(PROBLEM),
    /** A reply to no call of ours: late, duplicate or invented (Linux: bad_reply_count). */
    DROPPED_UNKNOWN_XID(PROBLEM),
    /** The late answer to a call whose caller gave up. */
    DROPPED_ABANDONED(PROBLEM),
    /** ERR_VERS sent. */
    SENT_ERR_VERS(PROBLEM),
    /** ERR_CHUNK sent because the header could not be decoded or broke a rule. */
    SENT_ERR_CHUNK_HEADER(PROBLEM),
    /** ERR_CHUNK sent because the reply did not fit what the client offered. */
    SENT_ERR_CHUNK_REPLY_TOO_BIG(PROBLEM),
    /** ERR_CHUNK sent because a call's Read chunk moved something that the program's binding does not name [41]. */
    SENT_ERR_CHUNK_NOT_ELIGIBLE(PROBLEM),
    /** ERR_CHUNK sent because a call's chunks exceed oncrpc.rdma.max-message or max-segments. */
    SENT_ERR_CHUNK_CALL_TOO_BIG(PROBLEM),
    /** ERR_CHUNK sent because a call has Read chunks where no RDMA Reads were agreed on: the peer takes none, or our device has none. */
    SENT_ERR_CHUNK_NO_READS(PROBLEM),
    /** RDMA_ERROR received for a call of ours. */
    RECEIVED_ERROR(PROBLEM),
    /** A peer had more calls outstanding than granted: closed. */
    CREDIT_OVERRUN(PROBLEM),
    /** A call waited for credits. */
    CREDIT_WAITS(NORMAL),
    /** A regbuf came from the heap because the memory budget was used up (Linux: hardway_register_count). */
    REGBUF_HARDWAY(PROBLEM),
    /** A loop found no regbuf ready and took heap memory; the helper thread makes more. */
    REGBUF_NOT_READY(NORMAL),
    /** A callback kept a reply undecoded, so its memory was left to the garbage collector. */
    REGBUF_FORGOTTEN(PROBLEM),
    /** A buffer of the program's that was sent by reference could not be disposed of, because the program had done so itself. */
    BUFFER_NOT_DISPOSED(PROBLEM),
    /** A slab could not be allocated or registered. */
    REGBUF_REGISTRATION_FAILED(PROBLEM),
    /** A peer let more answers pile up than it may have: closed. */
    SENDCTX_OVERRUN(PROBLEM),
    /** A connection was ended because a message could not be posted, by a fault of ours or of the provider's. */
    POST_FAILED(PROBLEM),
    /** A NULL call was sent behind one-way calls, to get their credits back. */
    ONE_WAY_FLUSHES(NORMAL),
    /** A connection was ended because calls that were given up held all its credits and no reply came. */
    CREDITS_EXHAUSTED(PROBLEM),
    /** A call failed because the backlog was full. */
    BACKLOG_FULL(PROBLEM),
    /** A call waited for sink memory. */
    SINK_WAITS(NORMAL),
    /** A connection was closed because a call's Reads made no progress. */
    READ_TIMEOUT(PROBLEM),
    /** A connection was ended because its peer did not answer a keepalive probe and sent nothing else. */
    PEER_SILENT(PROBLEM),
    /** A connection was ended because the periodic look at it failed, by a fault of ours. */
    PATROL_FAILED(PROBLEM),
    /** A call of ours was fenced because its caller gave up. */
    FENCED_ABANDONED(PROBLEM),
    /** What a call of ours offered stays exposed until its answer comes, since a device would end the connection; its caller gave up. */
    KEPT_ABANDONED(PROBLEM),
    /** A call was answered by us because the program never did, or could not decode it. */
    ANSWERED_FOR_PROGRAM(PROBLEM),
    /** A call was refused because of its RPCSEC_GSS credential, verifier or token. */
    GSS_REFUSED(PROBLEM),
    /** An RPC call was denied: RPC version, or a credential that is not accepted. */
    CALL_DENIED(PROBLEM),
    /**
     * The service's executor ran a task in a loop or the timer, as one with a caller-runs policy does when it is full; it was moved to our
     * workers.
     */
    MOVED_OFF_LOOP(NORMAL),
    /** The service's executor rejected a call. */
    EXECUTOR_REJECTED(PROBLEM);

    private final Severity severity;

    XprtCounter(Severity severity) {
        this.severity = severity;
    }

    @Override
    public Severity severity() {
        return severity;
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
