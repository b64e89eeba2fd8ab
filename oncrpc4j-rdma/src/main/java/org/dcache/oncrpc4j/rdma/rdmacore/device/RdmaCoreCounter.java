// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

import static org.dcache.oncrpc4j.rdma.metrics.CounterName.Severity.NORMAL;
import static org.dcache.oncrpc4j.rdma.metrics.CounterName.Severity.PROBLEM;

import org.dcache.oncrpc4j.rdma.metrics.CounterName;

/** What the provider on libibverbs counts. */
public enum RdmaCoreCounter implements CounterName {
    /** Connection requests that came in. */
    CONNECT_REQUESTS(NORMAL),
    /** Refused at once: oncrpc.rdma.handshakes are half open already. */
    REFUSED_HALF_OPEN(PROBLEM),
    /** The peer, or our own upper layer, did not complete the handshake in time. */
    HANDSHAKE_TIMEOUT(PROBLEM),
    /** A handshake failed for another reason. */
    HANDSHAKE_FAILED(PROBLEM),
    /** Our upper layer refused the connection. */
    REJECTED(NORMAL),
    /** The peer refused our connection. */
    PEER_REJECTED(PROBLEM),
    /** Connections that came up, both roles. */
    ESTABLISHED(NORMAL),
    /** Connections that ended after they had come up. */
    CLOSED(NORMAL),
    /** The peer closed in good order. */
    PEER_CLOSED(NORMAL),
    /** The peer, or the way to it, is gone: nothing was acknowledged, or the connection broke without a word. */
    PEER_RESET(PROBLEM),
    /** The peer had no receive for a message of ours (RNR). */
    PEER_NOT_READY(PROBLEM),
    /** The peer found an operation of ours to be wrong. */
    REMOTE_ERRORS(PROBLEM),
    /** The device ended a connection for an error on our side: a message longer than its receive, a wrong local key. */
    LOCAL_ERRORS(PROBLEM),
    /** The device reported an error of a connection outside its completions. */
    DEVICE_ERRORS(PROBLEM),
    /** The peer of a connection with shared receives sent more messages than it had credits for; its connection was ended. */
    OVERSENT(PROBLEM),
    /** A shared receive queue broke, or took no more; its connections were ended. */
    SRQ_FAILED(PROBLEM),
    /** Work was not flushed in time at the end of a connection; the queue pair was destroyed all the same. */
    CLOSE_TIMEOUT(PROBLEM),
    /** A device was removed. */
    DEVICE_REMOVED(PROBLEM),
    /** Memory could not be registered. */
    REGISTRATION_FAILED(PROBLEM),
    /** A loop had to wait for the registration of memory: a fault of ours. */
    REGISTERED_ON_LOOP(PROBLEM),
    /** A handler threw; its connection ended, or the request for one was refused. */
    HANDLER_FAILED(PROBLEM),

    /** Work requests posted to send queues. */
    WORK_REQUESTS(NORMAL),
    /** Calls that posted them. */
    POST_SEND_CALLS(NORMAL),
    /** Work requests whose data went inside them. */
    INLINE_SENDS(NORMAL),
    /** Work requests that waited because the send queue was full. */
    SEND_QUEUE_FULL(NORMAL),
    /** Receives posted. */
    RECEIVES_POSTED(NORMAL),
    /** Calls that posted them. */
    POST_RECV_CALLS(NORMAL),
    /** Shared receive queues made. */
    SRQ_MADE(NORMAL),
    /** A shared receive queue ran low and got more receives. */
    SRQ_GROWN(NORMAL),
    /**
     * Connections that ended without the device saying that none of the shared receives is lost with them; each was made up for by one
     * more.
     */
    SRQ_MADE_UP(NORMAL),
    /** Completions taken. */
    COMPLETIONS(NORMAL),
    /** Calls that looked for them. */
    POLL_CALLS(NORMAL),
    /** Calls that asked for an event at the next completion. */
    NOTIFY_CALLS(NORMAL),
    /** Events of completion channels. */
    COMPLETION_EVENTS(NORMAL),
    /** Memory windows bound. */
    WINDOWS_BOUND(NORMAL),
    /** Memory registered for one exposure, where there are no windows. */
    EXPOSURES_REGISTERED(NORMAL),
    /** Local invalidations posted. */
    LOCAL_INVALIDATIONS(NORMAL),
    /** Bytes copied because their memory is not registered. */
    BYTES_BOUNCED(NORMAL),
    /** Times that a thread which waited for a reply served the loop itself. */
    WAITS_IN_LOOP(NORMAL);

    private final Severity severity;

    RdmaCoreCounter(Severity severity) {
        this.severity = severity;
    }

    @Override
    public Severity severity() {
        return severity;
    }

    @Override
    public String group() {
        return "rdmacore";
    }
}
