// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.responder;

import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;

/**
 * The handles that a call names. One Send can invalidate one of them; doing so is worth it only when that leaves the peer nothing to
 * invalidate itself, so (as Linux does) it is done when all chunks share one handle [71].
 */
final class Handles {

    private Handles() {}

    /** The first handle named; meaningless when none is. */
    static int first(RdmaHeader h) {
        if (h.readCount() > 0) {
            return h.readHandle(0);
        }
        for (int c = 0; c < h.writeCount(); c++) {
            if (h.writeSegments(c) > 0) {
                return h.writeHandle(c, 0);
            }
        }
        return h.writeSegments(RdmaHeader.REPLY) > 0 ? h.writeHandle(RdmaHeader.REPLY, 0) : 0;
    }

    /** Whether exactly one handle is named, in however many segments. */
    static boolean one(RdmaHeader h) {
        int handle = first(h);
        int named = 0;
        for (int i = 0; i < h.readCount(); i++, named++) {
            if (h.readHandle(i) != handle) {
                return false;
            }
        }
        for (int c = RdmaHeader.REPLY; c < h.writeCount(); c++) {
            for (int s = 0; s < h.writeSegments(c); s++, named++) {
                if (h.writeHandle(c, s) != handle) {
                    return false;
                }
            }
        }
        return named > 0;
    }
}
