// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import java.util.EnumSet;
import java.util.Set;
import org.dcache.oncrpc4j.rdma.metrics.CounterName;

/** What the DiSNI provider counts. */
public enum DisniCounter implements CounterName {
    /** Connections that came up, both roles. */
    ESTABLISHED,
    /** Connections that ended after they had come up. */
    CLOSED,
    /** The peer closed the connection. */
    PEER_CLOSED,
    /** Refused at once: oncrpc.rdma.handshakes are under way already. */
    REFUSED_HALF_OPEN,
    /** Our upper layer refused the connection. */
    REJECTED,
    /** The peer refused our connection, or nobody listened. */
    PEER_REJECTED,
    /** The handshake did not end in time. */
    HANDSHAKE_TIMEOUT,
    /** The handshake failed for another reason. */
    HANDSHAKE_FAILED,
    /** What was posted was not done in time at the end of a connection: what was left is lost. */
    CLOSE_TIMEOUT,
    /** The completion queue of a device broke: its connections ended, and it takes no more. */
    LOOP_FAILED,
    /** A work request completed with an error, which ended its connection. */
    COMPLETION_ERROR,
    /** The device did not take work requests. */
    POST_FAILED,
    /** Memory registered, for local use and for peers. */
    REGISTRATIONS,
    /** The system did not let us register memory, see ulimit -l. */
    REGISTRATION_FAILED,
    /** A registration could not be undone; its connection was ended. */
    DEREGISTRATION_FAILED,
    /** The device was removed with connections on it, each of which counts. */
    DEVICE_REMOVED,
    /** DiSNI could not deliver an event of the connection manager. */
    EVENT_LOST,
    /** A handler threw; its connection was closed. */
    HANDLER_FAILED;

    private static final Set<DisniCounter> PROBLEMS = EnumSet.of(REFUSED_HALF_OPEN, PEER_REJECTED, HANDSHAKE_TIMEOUT, HANDSHAKE_FAILED,
            CLOSE_TIMEOUT, LOOP_FAILED, COMPLETION_ERROR, POST_FAILED,
            REGISTRATION_FAILED, DEREGISTRATION_FAILED, DEVICE_REMOVED, EVENT_LOST, HANDLER_FAILED);

    @Override
    public boolean problem() {
        return PROBLEMS.contains(this);
    }

    @Override
    public String group() {
        return "disni";
    }
}
