// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.IOException;
import java.nio.channels.CompletionHandler;
import org.dcache.oncrpc4j.rdma.xprt.error.CallWithdrawnException;
import org.dcache.oncrpc4j.rdma.xprt.link.SendListener;

/**
 * Tells the handler of a send how it went. Once, by whoever gets it first.
 *
 * <p>That a message has left is known to a thread that writes for the connection, for others too, and no other can before it goes on: what
 * a program makes of it is run elsewhere, as over TCP it may make a call and wait for the reply.
 *
 * <p>A call that was given up before it left has told its caller of the time-out already. oncrpc4j's own handler would tell it once more,
 * of a failure, which over TCP nobody hears: it is left out.
 */
record HandlerListener<A>(RdmaRpcTransport transport, A attachment, CompletionHandler<Integer, ? super A> handler) implements SendListener {

    @Override
    public void sent(int bytes) {
        if (SendNotice.isHeard(handler)) {
            transport.callback(() -> handler.completed(bytes, attachment));
        }
    }

    @Override
    public void failed(IOException cause, boolean mustNotBlock) {
        if (cause instanceof CallWithdrawnException && PendingReply.isOwn(handler)) {
            return;
        }
        if (mustNotBlock) {
            transport.callback(() -> fail(cause));
        } else {
            fail(cause);
        }
    }

    /** Who waits for the call may serve the loop meanwhile, and sees that it is over when the loop is woken. */
    private void fail(IOException cause) {
        handler.failed(cause, attachment);
        transport.connection().wakeLoop();
    }
}
