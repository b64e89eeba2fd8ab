// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;

/** The exposures of one queue pair that are not over, by handle. Any thread. */
final class Exposures {

    /** A device has few windows or handles for a whole machine: no connection may take them all. */
    private static final int MOST = 1 << 16;

    private final Map<Integer, RdmaCoreExposure> open = new ConcurrentHashMap<>();

    /** @throws ResourceLimitException there are as many as a connection may have */
    void requireRoom() throws ResourceLimitException {
        if (open.size() >= MOST) {
            throw new ResourceLimitException("cannot expose more memory: this connection has " + MOST + " exposures");
        }
    }

    void add(RdmaCoreExposure exposure) {
        open.put(exposure.stag(), exposure);
    }

    void remove(RdmaCoreExposure exposure) {
        open.remove(exposure.stag(), exposure);
    }

    /** Loop: the peer's Send invalidated this handle. */
    void invalidated(int stag) {
        RdmaCoreExposure exposure = open.get(stag);
        if (exposure != null) {
            exposure.ended();
        }
    }

    /** Control thread: the queue pair is about to be destroyed. */
    void detach() {
        open.values().forEach(RdmaCoreExposure::detach);
    }

    /** Loop: the queue pair is destroyed. */
    void ended() {
        open.values().forEach(RdmaCoreExposure::ended);
    }
}
