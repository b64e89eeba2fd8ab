// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

import java.util.EnumSet;
import java.util.Set;
import org.dcache.oncrpc4j.rdma.metrics.CounterName;

/** What the provider on libibverbs counts. */
public enum RdmaCoreCounter implements CounterName {
    /** Connection requests that came in. */
    CONNECT_REQUESTS,
    /** Refused at once: oncrpc.rdma.handshakes are half open already. */
    REFUSED_HALF_OPEN,
    /** The peer, or our own upper layer, did not complete the handshake in time. */
    HANDSHAKE_TIMEOUT,
    /** A handshake failed for another reason. */
    HANDSHAKE_FAILED,
    /** Our upper layer refused the connection. */
    REJECTED,
    /** The peer refused our connection. */
    PEER_REJECTED,
    /** Connections that came up, both roles. */
    ESTABLISHED,
    /** Connections that ended after they had come up. */
    CLOSED,
    /** The peer closed in good order. */
    PEER_CLOSED,
    /** The peer, or the way to it, is gone: nothing was acknowledged, or the connection broke without a word. */
    PEER_RESET,
    /** The peer had no receive for a message of ours (RNR). */
    PEER_NOT_READY,
    /** The peer found an operation of ours to be wrong. */
    REMOTE_ERRORS,
    /** The device ended a connection for an error on our side: a message longer than its receive, a wrong local key. */
    LOCAL_ERRORS,
    /** The device reported an error of a connection outside its completions. */
    DEVICE_ERRORS,
    /** The peer of a connection with shared receives sent more messages than it had credits for; its connection was ended. */
    OVERSENT,
    /** A shared receive queue broke, or took no more; its connections were ended. */
    SRQ_FAILED,
    /** Work was not flushed in time at the end of a connection; the queue pair was destroyed all the same. */
    CLOSE_TIMEOUT,
    /** A device was removed. */
    DEVICE_REMOVED,
    /** Memory could not be registered. */
    REGISTRATION_FAILED,
    /** A handler threw; its connection ended, or the request for one was refused. */
    HANDLER_FAILED,

    /** Work requests posted to send queues. */
    WORK_REQUESTS,
    /** Calls that posted them. */
    POST_SEND_CALLS,
    /** Work requests whose data went inside them. */
    INLINE_SENDS,
    /** Work requests that waited because the send queue was full. */
    SEND_QUEUE_FULL,
    /** Receives posted. */
    RECEIVES_POSTED,
    /** Calls that posted them. */
    POST_RECV_CALLS,
    /** Shared receive queues made. */
    SRQ_MADE,
    /** A shared receive queue ran low and got more receives. */
    SRQ_GROWN,
    /**
     * Connections that ended without the device saying that none of the shared receives is lost with them; each was made up for by one
     * more.
     */
    SRQ_MADE_UP,
    /** Completions taken. */
    COMPLETIONS,
    /** Calls that looked for them. */
    POLL_CALLS,
    /** Calls that asked for an event at the next completion. */
    NOTIFY_CALLS,
    /** Events of completion channels. */
    COMPLETION_EVENTS,
    /** Memory windows bound. */
    WINDOWS_BOUND,
    /** Memory registered for one exposure, where there are no windows. */
    EXPOSURES_REGISTERED,
    /** Local invalidations posted. */
    LOCAL_INVALIDATIONS,
    /** Bytes copied because their memory is not registered. */
    BYTES_BOUNCED;

    private static final Set<RdmaCoreCounter> PROBLEMS = EnumSet.of(REFUSED_HALF_OPEN, HANDSHAKE_TIMEOUT, HANDSHAKE_FAILED, PEER_REJECTED,
            PEER_RESET, PEER_NOT_READY, REMOTE_ERRORS, LOCAL_ERRORS, DEVICE_ERRORS, OVERSENT, SRQ_FAILED, CLOSE_TIMEOUT, DEVICE_REMOVED,
            REGISTRATION_FAILED, HANDLER_FAILED);

    @Override
    public boolean problem() {
        return PROBLEMS.contains(this);
    }

    @Override
    public String group() {
        return "rdmacore";
    }
}
