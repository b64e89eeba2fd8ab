// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.net.InetSocketAddress;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.verbs.error.DeviceErrorException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerResetException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerSilentException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerTerminatedException;
import org.dcache.oncrpc4j.rdma.verbs.error.ProtocolViolationException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/** What a failed completion (enum ibv_wc_status) means for the connection: one cause, one counter. */
final class WorkErrors {

    private WorkErrors() {}

    static VerbsException cause(int status, InetSocketAddress remote, Counters counters) {
        switch (status) {
            case VerbsLayout.Wc.RNR_RETRY_EXC_ERR -> {
                counters.increment(RdmaCoreCounter.PEER_NOT_READY);
                return new PeerResetException("the peer " + remote + " had no receive for a message of ours; the connection is over");
            }
            case VerbsLayout.Wc.RETRY_EXC_ERR -> {
                counters.increment(RdmaCoreCounter.PEER_RESET);
                return new PeerSilentException("the peer " + remote + " acknowledges nothing, it or the way to it is gone");
            }
            case VerbsLayout.Wc.REM_INV_REQ_ERR, VerbsLayout.Wc.REM_ACCESS_ERR, VerbsLayout.Wc.REM_OP_ERR -> {
                counters.increment(RdmaCoreCounter.REMOTE_ERRORS);
                return new PeerTerminatedException("the peer " + remote + " refused "
                        + (status == VerbsLayout.Wc.REM_ACCESS_ERR ? "an access to its memory" : "a request of ours")
                        + " (completion status " + status + ")", -1, -1, status);
            }
            case VerbsLayout.Wc.LOC_LEN_ERR -> {
                counters.increment(RdmaCoreCounter.LOCAL_ERRORS);
                return new ProtocolViolationException("a message of " + remote + " was longer than the receive for it");
            }
            default -> {
                counters.increment(RdmaCoreCounter.LOCAL_ERRORS);
                return new DeviceErrorException("the connection with " + remote + " failed with completion status " + status);
            }
        }
    }
}
