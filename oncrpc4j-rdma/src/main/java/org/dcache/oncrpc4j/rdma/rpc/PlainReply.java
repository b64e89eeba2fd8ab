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
        public void sent(int bytes) {}

        @Override
        public void failed(IOException cause, boolean mustNotBlock) {}
    };

    private PlainReply() {}

    static void systemError(InboundCall call, RdmaRpcTransport transport) {
        send(call, transport, RpcAccepsStatus.SYSTEM);
    }

    static void garbageArguments(InboundCall call, RdmaRpcTransport transport) {
        send(call, transport, RpcAccepsStatus.GARBAGE_ARGS);
    }

    private static void send(InboundCall call, RdmaRpcTransport transport, int status) {
        SendContext context = call.connection().newContext();
        RdmaXdr xdr = null;
        try {
            xdr = new RdmaXdr(call, transport.memory());
            encode(xdr, call.xid(), status);
            xdr.moveTo(context.message());
        } catch (RuntimeException | Error e) {
            if (xdr != null) {
                xdr.close();
            }
            call.connection().abandon(context);
            throw e;
        }
        call.reply(context, NOBODY);
    }

    private static void encode(RdmaXdr xdr, int xid, int status) {
        xdr.beginEncoding();
        xdr.xdrEncodeInt(xid);
        xdr.xdrEncodeInt(RpcWords.REPLY);
        xdr.xdrEncodeInt(0);
        xdr.xdrEncodeLong(0);
        xdr.xdrEncodeInt(status);
        xdr.endEncoding();
    }
}
