// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.EOFException;
import java.io.IOException;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.proto.RpcWords;
import org.dcache.oncrpc4j.rdma.rpc.message.CallReading;
import org.dcache.oncrpc4j.rdma.rpc.message.Views;
import org.dcache.oncrpc4j.rdma.rpc.xdr.Pieces;
import org.dcache.oncrpc4j.rdma.rpc.xdr.RdmaXdr;
import org.dcache.oncrpc4j.rdma.xprt.RdmaConnection;
import org.dcache.oncrpc4j.rdma.xprt.link.SendListener;
import org.dcache.oncrpc4j.rdma.xprt.send.OutMessage;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.glassfish.grizzly.Buffer;

/**
 * Gives calls of ours to the engine: takes the message out of its Xdr, has the binding say what may move and what the reply may bring. What
 * cannot be sent is freed here and its listener told. Stateless, any thread.
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
        int xid;
        try {
            take(xdr, context.message(), connection.counters());
            xid = plan(context, transport);
        } catch (IOException e) {
            connection.abandon(context);
            listener.failed(e, false);
            return;
        } catch (RuntimeException | Error e) {
            connection.abandon(context);
            listener.failed(new IOException("the call could not be prepared for sending: " + e, e), false);
            return;
        }
        connection.requester().call(xid, context, listener);
    }

    private static void take(Xdr xdr, OutMessage message, Counters counters) {
        if (xdr instanceof RdmaXdr own) {
            own.moveTo(message);
        } else {
            Buffer buffer = xdr.asBuffer();
            Pieces.add(message, buffer);
            message.onRelease(() -> Pieces.dispose(buffer, counters));
        }
    }

    /** Reads the call, as far as its binding can; its xid. */
    private static int plan(SendContext context, RdmaRpcTransport transport) throws IOException {
        OutMessage message = context.message();
        if (message.length() < RpcWords.CALL_PROCEDURE + Integer.BYTES || message.getInt(RpcWords.TYPE) != RpcWords.CALL) {
            throw new UnexpectedMessageException("expected an RPC call, or a reply encoded into the Xdr of its call; got "
                    + message.length()
                    + " bytes" + (message.length() < RpcWords.DIRECTION_LENGTH ? "" : " with the message type "
                    + message.getInt(RpcWords.TYPE)));
        }
        int xid = message.getInt(RpcWords.XID);
        var view = Views.of(message);
        CallReading reading = CallReading.of(view, transport.bindings());
        reading.plan(context, view);
        if (transport.connection().requester().listener(xid) instanceof PendingReply pending) {
            pending.reading(reading, view);
            if (pending.isOwn()) {
                CallOnLoopException.check(() -> "a call whose future is waited for, of " + reading.header() + ", was made");
            } else {
                transport.connection().keepServed();
            }
            if (pending.oneWay()) {
                // There will be no reply that needs a chunk.
                context.expected().reset().bound(0);
            }
        }
        return xid;
    }
}
