// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import org.dcache.oncrpc4j.rdma.rpc.message.CallReading;
import org.dcache.oncrpc4j.rdma.rpc.message.Views;
import org.dcache.oncrpc4j.rdma.rpc.xdr.RdmaXdr;
import org.dcache.oncrpc4j.rdma.xprt.RdmaConnection;
import org.dcache.oncrpc4j.rdma.xprt.link.SendListener;
import org.dcache.oncrpc4j.rdma.xprt.responder.InboundCall;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;

/**
 * Gives replies to the engine: takes the message out of the Xdr of its call, has the binding name the results that may be placed.
 * Stateless, any thread.
 */
final class ReplySender {

    private ReplySender() {}

    static void send(RdmaXdr xdr, RdmaRpcTransport transport, SendListener listener) {
        InboundCall call = xdr.inbound();
        RdmaConnection connection = transport.connection();
        SendContext context = connection.newContext();
        try {
            xdr.moveTo(context.message());
            if (call.isOpen() && call.writeChunks() > 0) {
                results(call, transport, context);
            }
        } catch (RuntimeException | Error e) {
            connection.abandon(context);
            throw e;
        }
        call.reply(context, listener);
    }

    /** The dispatch of the call may return meanwhile, in another thread, and let go of its message. */
    private static void results(InboundCall call, RdmaRpcTransport transport, SendContext context) {
        CallReading reading;
        synchronized (call) {
            reading = CallReading.of(Views.of(call.message()), transport.bindings());
        }
        reading.results(context.message());
    }
}
