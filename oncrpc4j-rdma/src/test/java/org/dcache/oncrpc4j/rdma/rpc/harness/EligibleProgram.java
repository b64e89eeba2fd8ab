// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.harness;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.rdma.spi.CallPlan;
import org.dcache.oncrpc4j.rdma.spi.ResultVisitor;
import org.dcache.oncrpc4j.rdma.spi.UpperLayerBinding;
import org.dcache.oncrpc4j.rdma.spi.XdrView;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/** {@link EchoProgram} under another number, with a binding: each opaque of its calls and replies may be moved by direct data placement. */
public final class EligibleProgram extends EchoProgram implements UpperLayerBinding {

    public static final int ELIGIBLE_PROGRAM = 0x20049778;
    /** Echoes a list of opaques, as a COMPOUND of several READs and WRITEs would. */
    public static final int LIST = 4;

    /** The binding fails at calls of this procedure, which the program does not have. */
    public static final int FAULT = 99;

    /** Longest opaque that is asked for. */
    private static final int MAX_RESULT = 1 << 20;
    /** Reply header with its verifier, the count word or int, and the pad. */
    private static final int REPLY_BOUND = 64;

    @Override
    public String name() {
        return "eligible echo";
    }

    @Override
    public boolean covers(int program, int version) {
        return program == ELIGIBLE_PROGRAM;
    }

    @Override
    public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
        if (call.getProcedure() == LIST) {
            Opaques list = new Opaques();
            call.retrieveCall(list);
            call.reply(list);
        } else {
            super.dispatchOncRpcCall(call);
        }
    }

    @Override
    public void call(CallHeader call, XdrView message, int offset, CallPlan plan) {
        if (call.procedure() == FAULT) {
            throw new IllegalStateException("a fault of the binding");
        }
        if (call.procedure() == LIST) {
            walk(message, offset, (position, length) -> {
                plan.eligibleArgument(position, length);
                plan.expectResult(length);
                return false;
            });
        }
        if (call.procedure() == ECHO || call.procedure() == WRITE) {
            plan.eligibleArgument(offset + 4, message.getInt(offset));
        }
        if (call.procedure() == ECHO) {
            plan.expectResult(message.getInt(offset));
        } else if (call.procedure() == READ) {
            plan.expectResult(Math.min(MAX_RESULT, message.getInt(offset)));
        }
        plan.replyBound(REPLY_BOUND);
    }

    @Override
    public void results(CallHeader call, XdrView message, int offset, ResultVisitor visitor) {
        if (call.procedure() == ECHO || call.procedure() == READ) {
            visitor.eligible(offset + 4, message.getInt(offset));
        } else if (call.procedure() == LIST) {
            walk(message, offset, visitor);
        }
    }

    private static void walk(XdrView message, int offset, ResultVisitor visitor) {
        int at = offset + 4;
        for (int left = message.getInt(offset); left > 0; left--) {
            int length = message.getInt(at);
            at += 4;
            if (!visitor.eligible(at, length)) {
                at += length + 3 & ~3;
            }
        }
    }

    /** opaque<><> */
    private static final class Opaques implements XdrAble {
        private final List<byte[]> values = new ArrayList<>();

        @Override
        public void xdrDecode(XdrDecodingStream xdr) throws OncRpcException, IOException {
            for (int left = xdr.xdrDecodeInt(); left > 0; left--) {
                values.add(xdr.xdrDecodeDynamicOpaque());
            }
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) throws OncRpcException, IOException {
            xdr.xdrEncodeInt(values.size());
            for (byte[] value : values) {
                xdr.xdrEncodeDynamicOpaque(value);
            }
        }
    }
}
