// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.IOException;
import java.util.function.Supplier;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.xprt.link.SharedThreads;

/**
 * A program or handler that runs in a loop ({@code oncrpc.rdma.same-thread}) did what waits for a loop, its own perhaps. Over TCP it would
 * wait for ever in a thread of the selector.
 */
public class CallOnLoopException extends IOException {

    private static final long serialVersionUID = 1L;

    CallOnLoopException(String what) {
        super(what + " in the thread that serves the connections: expected no waiting there while " + Settings.SAME_THREAD.name()
                + " is on; give a completion handler instead, do it in another thread, or set " + Settings.SAME_THREAD.name() + "=off");
    }

    /**
     * @param what was done; asked for only when it is an error, since every synchronous call passes here
     * @throws CallOnLoopException when the calling thread is a loop
     */
    static void check(Supplier<String> what) throws CallOnLoopException {
        if (SharedThreads.isLoop()) {
            throw new CallOnLoopException(what.get());
        }
    }
}
