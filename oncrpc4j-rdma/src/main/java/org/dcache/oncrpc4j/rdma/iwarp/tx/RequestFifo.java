// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.tx;

import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;

/** A first-in-first-out list of work requests, linked by themselves. Used only by the thread that holds the send side. */
public final class RequestFifo {

    private WorkRequest first;
    private WorkRequest last;

    public boolean isEmpty() {
        return first == null;
    }

    public void addAll(WorkRequest chain) {
        if (chain == null) {
            return;
        }
        if (last == null) {
            first = chain;
        } else {
            last.next(chain);
        }
        last = chain;
        while (last.next() != null) {
            last = last.next();
        }
    }

    public WorkRequest poll() {
        WorkRequest request = first;
        if (request != null) {
            first = request.next();
            if (first == null) {
                last = null;
            }
            request.next(null);
        }
        return request;
    }
}
