// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.shared;

import static org.dcache.oncrpc4j.rdma.metrics.CounterName.Severity.NORMAL;
import static org.dcache.oncrpc4j.rdma.metrics.CounterName.Severity.PROBLEM;

import org.dcache.oncrpc4j.rdma.iwarp.wire.TerminateCode;
import org.dcache.oncrpc4j.rdma.metrics.CounterName;

/**
 * What software iWARP counts. Errors of a peer that we answer with a Terminate are counted by {@link TerminateCode}.
 */
public enum IwarpCounter implements CounterName {
    /** TCP connections accepted. */
    TCP_ACCEPTED(NORMAL),
    /** accept() failed, for example for want of file descriptors; the listener pauses and goes on. */
    ACCEPT_FAILED(PROBLEM),
    /** Closed at once: oncrpc.rdma.handshakes are half open already. */
    REFUSED_HALF_OPEN(PROBLEM),

    /** The first bytes were not an MPA key: a port scanner, TLS [75]. */
    HANDSHAKE_BAD_KEY(PROBLEM),
    /** The first bytes were a call of RPC over TCP, on a port where RDMA alone is served. */
    RPC_OVER_TCP(PROBLEM),
    /** The peer's MPA revision is unknown [75]. */
    HANDSHAKE_BAD_REVISION(PROBLEM),
    /** Private data length beyond 512, or too short for the IRD and ORD words [79]. */
    HANDSHAKE_BAD_LENGTH(PROBLEM),
    /** Refused: the peer wants to receive markers, which we do not put in [76]. */
    HANDSHAKE_MARKERS(PROBLEM),
    /** Refused: peer-to-peer mode without a common RTR indication [91]. */
    HANDSHAKE_NO_RTR(PROBLEM),
    /** The initiator sent something between its Request and our Reply [74]. */
    HANDSHAKE_EARLY_DATA(PROBLEM),
    /** The peer closed or reset the connection inside the handshake. */
    HANDSHAKE_PEER_GONE(PROBLEM),
    /** The peer did not complete the handshake in time [80]. */
    HANDSHAKE_TIMEOUT(PROBLEM),
    /** Our upper layer refused the connection. */
    REJECTED(NORMAL),
    /** The peer refused our connection (bit R) [78]. */
    PEER_REJECTED(PROBLEM),

    /** Connections that came up, both roles. */
    ESTABLISHED(NORMAL),
    /** Connections that ended after they had come up. */
    CLOSED(NORMAL),
    /** The peer closed in good order. */
    PEER_CLOSED(NORMAL),
    /** Reset, or closed inside an FPDU [85]. */
    PEER_RESET(PROBLEM),
    /** The peer sent a Terminate [104]. */
    TERMINATE_RECEIVED(PROBLEM),
    /** A zero-length RDMA Write was sent to a responder that may have overlooked our first FPDU. */
    NUDGES(NORMAL),
    /** The output did not drain in time at the end of a connection: what was left is lost. */
    CLOSE_TIMEOUT(PROBLEM),
    /** Closed because the peer did not take RDMA Read data of memory that was revoked. */
    REVOKE_TIMEOUT(PROBLEM),
    /** The socket of an ended connection was closed at once: as many as connections may be linger already. Last messages may be lost. */
    NOT_LINGERED(PROBLEM),
    /** Closed because the peer began a message and did not send the rest of it: it would keep a receive buffer for ever. */
    MESSAGE_NOT_FINISHED(PROBLEM),
    /** Closed because the peer took nothing of what there was to send, though it sent something itself. */
    OUTPUT_NOT_TAKEN(PROBLEM),
    /** Reading from a connection paused because the memory for receives was used up. */
    RECEIVE_STALLS(NORMAL),
    /** A Send invalidated an STag that we had revoked before the peer answered: taken as a plain Send. */
    LATE_INVALIDATE(NORMAL),
    /** A handler threw; its connection ended, or the request for one was refused. */
    HANDLER_FAILED(PROBLEM),

    /** FPDUs sent. */
    FPDUS_SENT(NORMAL),
    /** FPDUs received whole. */
    FPDUS_RECEIVED(NORMAL),
    /** Bytes the sockets took. */
    BYTES_SENT(NORMAL),
    /** Bytes read from sockets. */
    BYTES_RECEIVED(NORMAL),
    /** Payload that was copied once more on its way to the socket: heap memory, memory that may change, small FPDUs. */
    BYTES_COPIED_OUT(NORMAL),
    /** Payload that was read beside its place, then copied there. */
    BYTES_COPIED_IN(NORMAL),
    /** write calls. */
    SOCKET_WRITES(NORMAL),
    /** read calls. */
    SOCKET_READS(NORMAL),
    /** Writes that the socket did not take whole. */
    WRITE_STALLS(NORMAL),
    /** Times that the loop left a connection which had more to send, for its other connections. */
    WRITE_TURNS(NORMAL),
    /** Times that a thread which waited for a reply served the loop itself. */
    WAITS_IN_LOOP(NORMAL);

    private final Severity severity;

    IwarpCounter(Severity severity) {
        this.severity = severity;
    }

    @Override
    public Severity severity() {
        return severity;
    }

    @Override
    public String group() {
        return "iwarp";
    }
}
