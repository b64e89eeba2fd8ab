// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.tx;

import java.util.concurrent.atomic.AtomicReference;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;

/**
 * Posted work requests on their way to the thread that holds the send side. Any thread posts, one takes.
 *
 * <p>It allocates nothing: the requests' own links make it up. A chain is turned round and pushed on a stack; the taker grabs
 * the whole stack and turns it round again, which gives posting order. As nobody ever pops a single element, the stack has no ABA problem.
 */
public final class PostedQueue {

    private final AtomicReference<WorkRequest> stack = new AtomicReference<>();

    public void post(WorkRequest chain) {
        WorkRequest reversed = null;
        WorkRequest request = chain;
        while (request != null) {
            WorkRequest following = request.next();
            request.next(reversed);
            reversed = request;
            request = following;
        }
        WorkRequest top;
        do {
            top = stack.get();
            chain.next(top);
        } while (!stack.compareAndSet(top, reversed));
    }

    /** All that was posted since the last call, linked in posting order; null if nothing. */
    public WorkRequest takeAll() {
        if (stack.get() == null) {
            return null;
        }
        WorkRequest ordered = null;
        WorkRequest request = stack.getAndSet(null);
        while (request != null) {
            WorkRequest below = request.next();
            request.next(ordered);
            ordered = request;
            request = below;
        }
        return ordered;
    }
}
