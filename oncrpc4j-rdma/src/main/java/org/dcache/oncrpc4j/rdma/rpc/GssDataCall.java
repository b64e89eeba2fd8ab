// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.rpc.xdr.RdmaXdr;
import org.dcache.oncrpc4j.rdma.rpc.xdr.RegbufMemoryManager;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.gss.RpcAuthGss;
import org.dcache.oncrpc4j.rpc.gss.RpcGssCall;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.glassfish.grizzly.Buffer;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.MessageProp;

/**
 * A data call of RPCSEC_GSS. oncrpc4j's {@link RpcGssCall} unwraps the arguments and wraps the results; three things are added to it.
 *
 * <p>Arguments that were unwrapped are read with the same checks as those of any other call here: a count that promises more than there is
 * fails before anything is allocated for it. They must be those of this header: their sequence number is the credential's (RFC 2203,
 * section 5.3.3.2), or else two calls could be put together from parts of others. And with privacy the results are sealed also when the
 * program did not look at its arguments.
 *
 * <p>Belongs to the thread that handles the call, as the stock one; what {@link ServedCall} adds on RDMA is added here too.
 */
final class GssDataCall extends RpcGssCall {

    private final RegbufMemoryManager memory;
    private final CallOfProgram own;

    GssDataCall(RpcCall call, GSSContext context, RegbufMemoryManager memory, CallOfProgram own) {
        super(call, context, new MessageProp(true));
        this.memory = memory;
        this.own = own;
    }

    @Override
    public Xdr getXdr() {
        own.shared();
        return super.getXdr();
    }

    @Override
    public void acceptedReply(int state, XdrAble result) {
        own.reply(() -> super.acceptedReply(state, result));
    }

    @Override
    public void reject(int status, XdrAble reason) {
        own.reply(() -> super.reject(status, reason));
    }

    @Override
    public void retrieveCall(XdrAble arguments) throws IOException {
        own.decoding();
        super.retrieveCall(new Unwrapped(arguments));
    }

    /** Arguments in the stream that {@link RpcGssCall} has made of the unwrapped bytes, behind their sequence number. */
    private final class Unwrapped implements XdrAble {

        private final XdrAble arguments;

        Unwrapped(XdrAble arguments) {
            this.arguments = arguments;
        }

        @Override
        public void xdrDecode(XdrDecodingStream stream) throws IOException {
            if (stream == GssDataCall.super.getXdr() || !(stream instanceof Xdr body)) {
                arguments.xdrDecode(stream);
                return;
            }
            Buffer buffer = body.asBuffer();
            int sequence = buffer.getInt(buffer.position() - Integer.BYTES);
            int expected = ((RpcAuthGss) getCredential()).getSequence();
            if (sequence != expected) {
                throw new GssSequenceException(expected, sequence);
            }
            RdmaXdr checked = new RdmaXdr(buffer.toByteBuffer().slice(), false, memory);
            checked.beginDecoding();
            arguments.xdrDecode(checked);
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) {
            throw new UnsupportedOperationException("arguments of a call that came in are decoded only");
        }
    }
}
