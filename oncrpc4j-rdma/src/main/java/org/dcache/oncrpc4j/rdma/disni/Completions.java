// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import org.dcache.oncrpc4j.rdma.verbs.error.DeviceErrorException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerSilentException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerTerminatedException;
import org.dcache.oncrpc4j.rdma.verbs.error.ProtocolViolationException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/** What the status of a work completion says ({@code enum ibv_wc_status}, infiniband/verbs.h). */
final class Completions {

    static final int SUCCESS = 0;
    /** The queue pair is in its error state; why, another completion or event says. */
    static final int FLUSHED = 5;

    private static final int LOCAL_LENGTH = 1;
    private static final int REMOTE_INVALID = 9;
    private static final int REMOTE_ACCESS = 10;
    private static final int REMOTE_OPERATION = 11;
    private static final int RETRY_EXCEEDED = 12;
    private static final int RNR_RETRY_EXCEEDED = 13;

    private static final int UNKNOWN = -1;

    private Completions() {}

    static VerbsException cause(int status) {
        return switch (status) {
            case LOCAL_LENGTH ->
                    new ProtocolViolationException(
                    "the peer sent a message that is longer than our receives, or what we posted is malformed");
            case REMOTE_INVALID -> refused("found our request invalid");
            case REMOTE_ACCESS -> refused("does not allow us the memory that our request named");
            case REMOTE_OPERATION -> refused("could not carry out our request");
            case RETRY_EXCEEDED -> new PeerSilentException("the peer does not acknowledge what we send");
            case RNR_RETRY_EXCEEDED -> refused("had no receive posted for our message");
            default -> new DeviceErrorException("a work request failed with status " + status + " of ibv_wc_status");
        };
    }

    private static VerbsException refused(String why) {
        return new PeerTerminatedException("the peer " + why, UNKNOWN, UNKNOWN, UNKNOWN);
    }
}
