// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.proto.RpcWords;
import org.dcache.oncrpc4j.rdma.rpc.xdr.RdmaXdr;
import org.dcache.oncrpc4j.rdma.xprt.link.SendListener;
import org.dcache.oncrpc4j.rdma.xprt.responder.InboundCall;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;
import org.dcache.oncrpc4j.rpc.RpcAccepsStatus;

/** Accepted replies without results, for calls that oncrpc4j does not answer itself. Verifier AUTH_NONE. Any thread. */
final class PlainReply {

    private static final SendListener NOBODY = new SendListener() {
        @Override
        public void sent(int bytes, boolean onLoop) {}

        @Override
        public void failed(IOException cause, boolean onLoop) {}
    };

    private PlainReply() {}

    static void systemError(InboundCall call, RdmaRpcTransport transport) {
        send(call, transport, RpcAccepsStatus.SYSTEM);
    }

    static void garbageArguments(InboundCall call, RdmaRpcTransport transport) {
        send(call, transport, RpcAccepsStatus.GARBAGE_ARGS);
    }

    private static void send(InboundCall call, RdmaRpcTransport transport, int status) {
        RdmaXdr xdr = new RdmaXdr(call, transport.memory());
        xdr.beginEncoding();
        xdr.xdrEncodeInt(call.xid());
        xdr.xdrEncodeInt(RpcWords.REPLY);
        xdr.xdrEncodeInt(0);
        xdr.xdrEncodeLong(0);
        xdr.xdrEncodeInt(status);
        xdr.endEncoding();
        SendContext context = call.connection().newContext();
        xdr.moveTo(context.message());
        call.reply(context, NOBODY);
    }
}
