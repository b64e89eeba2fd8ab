// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.spi;

import java.util.concurrent.Future;

/** An {@code RpcTransport} that has something to do for a thread that is going to wait for a reply implements this. */
public interface ReplyWaiter {

    /**
     * The calling thread waits for this reply next, as long as it takes. Returns when it is there, or earlier. Does not throw for what goes
     * wrong with the call, and keeps an interrupt. The thread that made the call.
     */
    void waits(Future<?> reply);
}
