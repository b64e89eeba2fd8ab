// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.rpc.xdr.RdmaXdr;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.dcache.oncrpc4j.xdr.XdrAble;

/**
 * A call as its program sees it: oncrpc4j's own, with what {@link CallOfProgram} adds at the points where a program decodes, answers, or
 * takes the Xdr. {@link GssDataCall} is the same for RPCSEC_GSS.
 */
public final class ServedCall extends RpcCall {

    private final CallOfProgram own;

    ServedCall(int xid, RdmaXdr xdr, RdmaRpcTransport transport, CallOfProgram own) {
        super(xid, xdr, transport);
        this.own = own;
    }

    @Override
    public Xdr getXdr() {
        own.shared();
        return super.getXdr();
    }

    @Override
    public void retrieveCall(XdrAble arguments) throws IOException {
        own.decoding();
        super.retrieveCall(arguments);
    }

    @Override
    public void acceptedReply(int state, XdrAble result) {
        own.reply(() -> super.acceptedReply(state, result));
    }

    @Override
    public void reject(int status, XdrAble reason) {
        own.reply(() -> super.reject(status, reason));
    }
}
