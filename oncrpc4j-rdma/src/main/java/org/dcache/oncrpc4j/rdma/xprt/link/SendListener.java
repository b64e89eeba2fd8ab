// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.link;

import java.io.IOException;

/** Told once what became of an outgoing message. */
public interface SendListener {

    /**
     * It left. On the loop, or in a thread that is just writing for the connection; must not block, nor run user code.
     *
     * @param bytes length of the RPC message
     */
    void sent(int bytes);

    /**
     * It did not leave, or not for certain.
     *
     * @param mustNotBlock whether this thread is one that must go on: the loop, or any thread that writes for the connection at this
     *     moment, be it inside its own {@code call}. Then nothing may be waited for here, and no user code be run: what ends the call may
     *     be waiting for this very thread
     */
    void failed(IOException cause, boolean mustNotBlock);
}
