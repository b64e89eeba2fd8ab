// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.glassfish.grizzly.filterchain.BaseFilter;
import org.glassfish.grizzly.filterchain.FilterChainContext;

/**
 * The contexts in which calls go through a filter of oncrpc4j's. One takes half a KiB and holds nothing but its message, so it is used
 * again: a few are kept, where a thread looks for one by its number, so that threads seldom want the same. Any thread; a program may
 * dispatch within a dispatch, which finds the place empty and makes another one. A filter that throws takes its context with it.
 */
final class DispatchContexts {

    private static final int KEPT = 16;

    private final AtomicReferenceArray<FilterChainContext> free = new AtomicReferenceArray<>(KEPT);

    /** Has the filter, which keeps no context, read this call. */
    void handle(BaseFilter filter, RpcCall call) throws IOException {
        int place = (int) Thread.currentThread().getId() & KEPT - 1;
        FilterChainContext context = free.getAndSet(place, null);
        if (context == null) {
            context = new FilterChainContext();
        }
        context.setMessage(call);
        filter.handleRead(context);
        context.setMessage(null);
        free.set(place, context);
    }
}
