// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.rx;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;

/**
 * RDMA Reads of ours that are outstanding, in the order of their Read Requests: at most ORD.
 *
 * <p>The holder of the send side adds, before the Read Request leaves; the loop removes, when the Read Response is
 * complete. Each sink has a random STag that is good for this one Read Response and nothing else: it is compared with the oldest
 * request only and is in no table (RFC 5040 section 5.2.1).
 */
public final class ReadSinks {

    private final int bound;
    private final WorkRequest[] requests;
    private final int[] stags;
    private final ByteBuffer[] views;
    /** Requests ever added, ever removed. */
    private final AtomicInteger added = new AtomicInteger();

    private final AtomicInteger removed = new AtomicInteger();

    /** @param bound ORD; with 0 no Read ever starts */
    public ReadSinks(int bound) {
        this.bound = bound;
        int size = Integer.highestOneBit(Math.max(1, bound) * 2 - 1);
        requests = new WorkRequest[size];
        stags = new int[size];
        views = new ByteBuffer[size];
    }

    public int bound() {
        return bound;
    }

    public boolean isFull() {
        return added.get() - removed.get() >= bound;
    }

    public boolean isEmpty() {
        return added.get() == removed.get();
    }

    /** Send side. @param view the memory, all of it between 0 and capacity */
    public void add(WorkRequest request, int stag, ByteBuffer view) {
        int at = added.get() & requests.length - 1;
        requests[at] = request;
        stags[at] = stag;
        views[at] = view;
        added.set(added.get() + 1);
    }

    /** Loop, like those below: of the oldest Read; only if not empty. */
    public int oldestStag() {
        return stags[removed.get() & requests.length - 1];
    }

    public ByteBuffer oldestView() {
        return views[removed.get() & requests.length - 1];
    }

    public int oldestLength() {
        return oldestView().capacity();
    }

    /** Loop. */
    public WorkRequest remove() {
        int at = removed.get() & requests.length - 1;
        WorkRequest request = requests[at];
        requests[at] = null;
        views[at] = null;
        removed.set(removed.get() + 1);
        return request;
    }
}
