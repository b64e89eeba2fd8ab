// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.io.IOException;

/** Told once what became of an outgoing message. On the loop or a thread that is sending; must not block or run user code on a loop. */
public interface SendListener {

    /** It left; {@code bytes} is the length of the RPC message. */
    void sent(int bytes, boolean onLoop);

    void failed(IOException cause, boolean onLoop);
}
