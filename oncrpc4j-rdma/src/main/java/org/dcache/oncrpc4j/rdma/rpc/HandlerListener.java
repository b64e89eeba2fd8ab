// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.IOException;
import java.nio.channels.CompletionHandler;
import org.dcache.oncrpc4j.rdma.xprt.SendListener;

/** Tells the handler of a send how it went: in the thread that sends, or, as user code, off the loop. Once, by whoever gets it first. */
record HandlerListener<A>(RdmaRpcTransport transport, A attachment, CompletionHandler<Integer, ? super A> handler) implements SendListener {

    @Override
    public void sent(int bytes, boolean onLoop) {
        if (onLoop) {
            transport.callback(() -> handler.completed(bytes, attachment));
        } else {
            handler.completed(bytes, attachment);
        }
    }

    @Override
    public void failed(IOException cause, boolean inside) {
        if (inside) {
            transport.callback(() -> handler.failed(cause, attachment));
        } else {
            handler.failed(cause, attachment);
        }
    }
}
