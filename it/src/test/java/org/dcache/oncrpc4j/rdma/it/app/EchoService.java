// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app;

import java.io.IOException;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.xdr.XdrOpaque;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/** An ordinary RPC program for oncrpc4j: procedure 0 does nothing, procedure 1 returns the opaque that it gets. */
public final class EchoService implements RpcDispatchable {

    public static final OncRpcProgram PROGRAM = new OncRpcProgram(0x20049, 1);
    public static final int NULL = 0;
    public static final int ECHO = 1;

    @Override
    public void dispatchOncRpcCall(RpcCall call) throws IOException {
        switch (call.getProcedure()) {
            case NULL -> call.reply(XdrVoid.XDR_VOID);
            case ECHO -> {
                XdrOpaque bytes = new XdrOpaque();
                call.retrieveCall(bytes);
                call.reply(bytes);
            }
            default -> call.failProcedureUnavailable();
        }
    }
}
