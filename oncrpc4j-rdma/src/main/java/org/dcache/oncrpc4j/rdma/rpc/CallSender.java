// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.EOFException;
import org.dcache.oncrpc4j.rdma.xprt.OutMessage;
import org.dcache.oncrpc4j.rdma.xprt.RdmaConnection;
import org.dcache.oncrpc4j.rdma.xprt.SendContext;
import org.dcache.oncrpc4j.rdma.xprt.SendListener;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.glassfish.grizzly.Buffer;

/**
 * Gives calls of ours to the engine: takes the message out of its Xdr, has the binding say what may move and what the reply may bring. What cannot be sent is
 * freed here and its listener told. Stateless, any thread.
 */
final class CallSender {

    private CallSender() {}

    static void send(Xdr xdr, RdmaRpcTransport transport, SendListener listener) {
        RdmaConnection connection = transport.connection();
        if (!connection.isOpen()) {
            xdr.close();
            listener.failed(new EOFException("Disconnected from " + transport.getRemoteSocketAddress()), false);
            return;
        }
        SendContext context = connection.newContext();
        if (xdr instanceof RdmaXdr own) {
            own.moveTo(context.message());
        } else {
            Buffer buffer = xdr.asBuffer();
            Pieces.add(context.message(), buffer);
            context.message().onRelease(buffer::tryDispose);
        }
        OutMessage message = context.message();
        if (message.length() < RpcOffsets.PROCEDURE + Integer.BYTES || message.getInt(RpcOffsets.TYPE) != RpcOffsets.CALL) {
            connection.abandon(context);
            listener.failed(new UnexpectedMessageException("expected an RPC call, or a reply encoded into the Xdr of its call; got something else"),
                    false);
            return;
        }
        int xid = message.getInt(RpcOffsets.XID);
        var view = Views.of(message);
        CallReading reading = CallReading.of(view, transport.bindings());
        reading.plan(context, view);
        if (connection.requester().listener(xid) instanceof PendingReply pending) {
            pending.reading(reading);
        }
        connection.requester().call(xid, context, listener);
    }
}
