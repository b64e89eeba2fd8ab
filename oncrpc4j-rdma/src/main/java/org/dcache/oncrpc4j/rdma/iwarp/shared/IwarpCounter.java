// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.shared;

import java.util.EnumSet;
import java.util.Set;
import org.dcache.oncrpc4j.rdma.iwarp.wire.TerminateCode;
import org.dcache.oncrpc4j.rdma.metrics.CounterName;

/**
 * What software iWARP counts. Errors of a peer that we answer with a Terminate are counted by {@link TerminateCode}.
 */
public enum IwarpCounter implements CounterName {
    /** TCP connections accepted. */
    TCP_ACCEPTED,
    /** accept() failed, for example for want of file descriptors; the listener pauses and goes on. */
    ACCEPT_FAILED,
    /** Closed at once: oncrpc.rdma.handshakes are half open already. */
    REFUSED_HALF_OPEN,

    /** The first bytes were not an MPA key: a port scanner, TLS [75]. */
    HANDSHAKE_BAD_KEY,
    /** The first bytes were a call of RPC over TCP, on a port where RDMA alone is served. */
    RPC_OVER_TCP,
    /** The peer's MPA revision is unknown [75]. */
    HANDSHAKE_BAD_REVISION,
    /** Private data length beyond 512, or too short for the IRD and ORD words [79]. */
    HANDSHAKE_BAD_LENGTH,
    /** Refused: the peer wants to receive markers, which we do not put in [76]. */
    HANDSHAKE_MARKERS,
    /** Refused: peer-to-peer mode without a common RTR indication [91]. */
    HANDSHAKE_NO_RTR,
    /** The initiator sent something between its Request and our Reply [74]. */
    HANDSHAKE_EARLY_DATA,
    /** The peer closed or reset the connection inside the handshake. */
    HANDSHAKE_PEER_GONE,
    /** The peer did not complete the handshake in time [80]. */
    HANDSHAKE_TIMEOUT,
    /** Our upper layer refused the connection. */
    REJECTED,
    /** The peer refused our connection (bit R) [78]. */
    PEER_REJECTED,

    /** Connections that came up, both roles. */
    ESTABLISHED,
    /** Connections that ended after they had come up. */
    CLOSED,
    /** The peer closed in good order. */
    PEER_CLOSED,
    /** Reset, or closed inside an FPDU [85]. */
    PEER_RESET,
    /** The peer sent a Terminate [104]. */
    TERMINATE_RECEIVED,
    /** A zero-length RDMA Write was sent to a responder that may have overlooked our first FPDU. */
    NUDGES,
    /** The output did not drain in time at the end of a connection: what was left is lost. */
    CLOSE_TIMEOUT,
    /** Closed because the peer did not take RDMA Read data of memory that was revoked. */
    REVOKE_TIMEOUT,
    /** Reading from a connection paused because the memory for receives was used up. */
    RECEIVE_STALLS,
    /** A Send invalidated an STag that we had revoked shortly before: taken as a plain Send. */
    LATE_INVALIDATE,
    /** A handler threw; its connection ended, or the request for one was refused. */
    HANDLER_FAILED,

    /** FPDUs sent. */
    FPDUS_SENT,
    /** FPDUs received whole. */
    FPDUS_RECEIVED,
    /** Bytes the sockets took. */
    BYTES_SENT,
    /** Bytes read from sockets. */
    BYTES_RECEIVED,
    /** Payload that was copied once more on its way to the socket: heap memory, memory that may change, small FPDUs. */
    BYTES_COPIED_OUT,
    /** Payload that was read beside its place, then copied there. */
    BYTES_COPIED_IN,
    /** write calls. */
    SOCKET_WRITES,
    /** read calls. */
    SOCKET_READS,
    /** Writes that the socket did not take whole. */
    WRITE_STALLS,
    /** Times that the loop left a connection which had more to send, for its other connections. */
    WRITE_TURNS;

    private static final Set<IwarpCounter> PROBLEMS = EnumSet.of(ACCEPT_FAILED, REFUSED_HALF_OPEN, HANDSHAKE_BAD_KEY, RPC_OVER_TCP,
            HANDSHAKE_BAD_REVISION,
            HANDSHAKE_BAD_LENGTH, HANDSHAKE_MARKERS, HANDSHAKE_NO_RTR, HANDSHAKE_EARLY_DATA, HANDSHAKE_PEER_GONE, HANDSHAKE_TIMEOUT,
            PEER_REJECTED,
            PEER_RESET, TERMINATE_RECEIVED, CLOSE_TIMEOUT, REVOKE_TIMEOUT, HANDLER_FAILED);

    @Override
    public boolean problem() {
        return PROBLEMS.contains(this);
    }

    @Override
    public String group() {
        return "iwarp";
    }
}
