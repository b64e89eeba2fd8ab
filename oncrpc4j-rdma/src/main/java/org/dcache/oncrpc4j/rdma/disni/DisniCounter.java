// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import static org.dcache.oncrpc4j.rdma.metrics.CounterName.Severity.NORMAL;
import static org.dcache.oncrpc4j.rdma.metrics.CounterName.Severity.PROBLEM;

import org.dcache.oncrpc4j.rdma.metrics.CounterName;

/** What the DiSNI provider counts. */
public enum DisniCounter implements CounterName {
    /** Connections that came up, both roles. */
    ESTABLISHED(NORMAL),
    /** Connections that ended after they had come up. */
    CLOSED(NORMAL),
    /** The peer closed the connection. */
    PEER_CLOSED(NORMAL),
    /** Refused at once: oncrpc.rdma.handshakes are under way already. */
    REFUSED_HALF_OPEN(PROBLEM),
    /** Our upper layer refused the connection. */
    REJECTED(NORMAL),
    /** The peer refused our connection, or nobody listened. */
    PEER_REJECTED(PROBLEM),
    /** The handshake did not end in time. */
    HANDSHAKE_TIMEOUT(PROBLEM),
    /** The handshake failed for another reason. */
    HANDSHAKE_FAILED(PROBLEM),
    /** What was posted was not done in time at the end of a connection: what was left is lost. */
    CLOSE_TIMEOUT(PROBLEM),
    /** The completion queue of a device broke: its connections ended, and it takes no more. */
    LOOP_FAILED(PROBLEM),
    /** A work request completed with an error, which ended its connection. */
    COMPLETION_ERROR(PROBLEM),
    /** The device did not take work requests. */
    POST_FAILED(PROBLEM),
    /** Memory registered, for local use and for peers. */
    REGISTRATIONS(NORMAL),
    /** The system did not let us register memory, see ulimit -l. */
    REGISTRATION_FAILED(PROBLEM),
    /** A registration could not be undone; its connection was ended. */
    DEREGISTRATION_FAILED(PROBLEM),
    /** The device was removed with connections on it, each of which counts. */
    DEVICE_REMOVED(PROBLEM),
    /** DiSNI could not deliver an event of the connection manager. */
    EVENT_LOST(PROBLEM),
    /** A handler threw; its connection was closed. */
    HANDLER_FAILED(PROBLEM);

    private final Severity severity;

    DisniCounter(Severity severity) {
        this.severity = severity;
    }

    @Override
    public Severity severity() {
        return severity;
    }

    @Override
    public String group() {
        return "disni";
    }
}
