// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.send;

import java.util.ArrayDeque;

/**
 * Send contexts of one device, shared by its connections so that an idle connection holds none (kernel: {@code rpcrdma_sendctx_get_locked},
 * {@code rpcrdma_sendctx_put_locked}; there it is a ring per connection). Last in, first out. How many a connection may use is
 * counted by the connection. Any thread.
 */
public final class SendContextPool {

    /** Contexts kept for later; more than this are left to the garbage collector. */
    private static final int KEPT = 1024;

    private final ArrayDeque<SendContext> free = new ArrayDeque<>();
    private int out;

    public SendContext take() {
        SendContext context;
        synchronized (this) {
            context = free.pollLast();
            out++;
        }
        return context != null ? context : new SendContext();
    }

    /** Contexts that somebody has. */
    public synchronized int inUse() {
        return out;
    }

    public void give(SendContext context) {
        context.recycle();
        synchronized (this) {
            out--;
            if (free.size() < KEPT) {
                free.addLast(context);
            }
        }
    }
}
