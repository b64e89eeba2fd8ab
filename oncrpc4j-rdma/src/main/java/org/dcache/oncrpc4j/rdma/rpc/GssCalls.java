// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rpc.message.RpcOffsets;
import org.dcache.oncrpc4j.rdma.rpc.message.Views;
import org.dcache.oncrpc4j.rdma.rpc.xdr.RegbufMemoryManager;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.responder.InboundCall;
import org.dcache.oncrpc4j.rpc.RpcAccepsStatus;
import org.dcache.oncrpc4j.rpc.RpcAuthError;
import org.dcache.oncrpc4j.rpc.RpcAuthStat;
import org.dcache.oncrpc4j.rpc.RpcAuthVerifier;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcRejectStatus;
import org.dcache.oncrpc4j.rpc.gss.GssProc;
import org.dcache.oncrpc4j.rpc.gss.GssProtocolFilter;
import org.dcache.oncrpc4j.rpc.gss.GssSessionManager;
import org.dcache.oncrpc4j.rpc.gss.RpcAuthGss;
import org.dcache.oncrpc4j.rpc.gss.RpcGssService;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.glassfish.grizzly.filterchain.FilterChainContext;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSException;
import org.ietf.jgss.MessageProp;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * RPCSEC_GSS (RFC 2203) of the calls that come in. oncrpc4j's own filter negotiates contexts and checks the verifiers of data calls, with
 * the sessions that the service has for TCP as well: a context belongs to the service, not to a connection or transport [112].
 *
 * <p>What the filter would leave without an answer is answered here, because a client on RDMA waits for it, holds a credit meanwhile and in
 * the end drops the connection: DESTROY, which is also verified before the context goes rather than after; procedures and services that RFC
 * 2203 does not have. A context whose negotiation failed is forgotten: nobody can ever use it, and hostile tokens would pile them up.
 *
 * <p>On the service's executor; any number of threads. The order within a call matters: the header that a verifier covers lies in the
 * call's memory, which goes with the reply.
 */
final class GssCalls {

    private static final Logger LOG = LoggerFactory.getLogger(GssCalls.class);

    private final BoundedLog complaints = new BoundedLog(LOG);

    private final GssSessionManager sessions;
    private final GssProtocolFilter filter;
    private final Counters counters;

    GssCalls(GssSessionManager sessions, Counters counters) {
        this.sessions = sessions;
        this.filter = new GssProtocolFilter(sessions);
        this.counters = counters;
    }

    /**
     * Takes a call through RPCSEC_GSS, if it uses that.
     *
     * @param inbound the message of this call
     * @param own what its program will need
     * @return what is to be dispatched; null when the call has been dealt with
     */
    RpcCall admit(RpcCall call, InboundCall inbound, RegbufMemoryManager memory, CallOfProgram own) throws IOException {
        if (!(call.getCredential() instanceof RpcAuthGss credential)) {
            return call;
        }
        switch (credential.getProc()) {
            case GssProc.RPCSEC_GSS_INIT, GssProc.RPCSEC_GSS_CONTINUE_INIT -> negotiate(call, credential, own);
            case GssProc.RPCSEC_GSS_DATA -> {
                return data(call, credential, memory, own);
            }
            case GssProc.RPCSEC_GSS_DESTROY -> destroy(call, credential, inbound);
            default -> refuse(call, RpcAuthStat.AUTH_BADCRED, "RPCSEC_GSS procedure " + credential.getProc() + " is none of 0 to 3");
        }
        return null;
    }

    private void negotiate(RpcCall call, RpcAuthGss credential, CallOfProgram own) throws IOException {
        Negotiation negotiation = new Negotiation(call, own, () -> {
            counters.increment(XprtCounter.GSS_REFUSED);
            forget(credential);
        });
        try {
            filter(negotiation);
        } finally {
            negotiation.end();
        }
    }

    /** Takes a context out of the sessions that no client knows of (INIT), or that will never be established. */
    private void forget(RpcAuthGss credential) {
        try {
            GSSContext context = sessions.getContext(credential.getHandle());
            if (credential.getProc() == GssProc.RPCSEC_GSS_INIT || !context.isEstablished()) {
                context.dispose();
                sessions.destroyContext(credential.getHandle());
            }
        } catch (GSSException e) {
            // Said of contexts that are not established, after they were taken out.
            LOG.debug("a context whose negotiation failed is gone: {}", e.getMessage());
        }
    }

    private RpcCall data(RpcCall call, RpcAuthGss credential, RegbufMemoryManager memory, CallOfProgram own) throws IOException {
        int service = credential.getService();
        if (service < RpcGssService.RPC_GSS_SVC_NONE || service > RpcGssService.RPC_GSS_SVC_PRIVACY) {
            refuse(call, RpcAuthStat.AUTH_BADCRED, "RPCSEC_GSS service " + service + " is none of 1 to 3");
            return null;
        }
        if (!filter(call)) {
            counters.increment(XprtCounter.GSS_REFUSED);
            return null;
        }
        try {
            return new GssDataCall(call, sessions.getEstablishedContext(credential.getHandle()), memory, own);
        } catch (GSSException e) {
            refuse(call, RpcAuthStat.RPCSEC_GSS_CTXPROBLEM, "the context has just been destroyed");
            return null;
        }
    }

    private void destroy(RpcCall call, RpcAuthGss credential, InboundCall inbound) {
        try {
            GSSContext context = sessions.getEstablishedContext(credential.getHandle());
            byte[] header = header(inbound.message());
            byte[] checksum = credential.getVerifier().getBody();
            context.verifyMIC(checksum, 0, checksum.length, header, 0, header.length, new MessageProp(false));
            byte[] sequence = ByteBuffer.allocate(Integer.BYTES).putInt(credential.getSequence()).array();
            byte[] own = context.getMIC(sequence, 0, sequence.length, new MessageProp(false));
            sessions.destroyContext(credential.getHandle()).dispose();
            credential.setVerifier(new RpcAuthVerifier(credential.type(), own));
            call.reply(XdrVoid.XDR_VOID);
        } catch (GSSException e) {
            refuse(call, RpcAuthStat.RPCSEC_GSS_CTXPROBLEM, e.getMessage());
        }
    }

    /** What a verifier covers: the message up to the end of the credential (RFC 2203, section 5.3.1), which has been decoded by now. */
    private static byte[] header(ByteBuffer message) {
        byte[] header = new byte[RpcOffsets.endOfCredential(Views.of(message))];
        message.duplicate().position(0).get(header);
        return header;
    }

    private void refuse(RpcCall call, int status, String why) {
        complaints.info("RPCSEC_GSS call of {} refused: {}", call.getTransport().getRemoteSocketAddress(), why);
        counters.increment(XprtCounter.GSS_REFUSED);
        call.reject(RpcRejectStatus.AUTH_ERROR, new RpcAuthError(status));
    }

    /** Whether oncrpc4j's filter lets the call pass; if not, it has answered. */
    private boolean filter(RpcCall call) throws IOException {
        FilterChainContext context = new FilterChainContext();
        context.setMessage(call);
        return filter.handleRead(context) != context.getStopAction();
    }

    /**
     * The call as the filter sees it: does what a failed negotiation asks for, once, before the client is told. What cannot be encoded,
     * such as a token that the mechanism does not give, keeps no memory.
     */
    private static final class Negotiation extends RpcCall {

        private final CallOfProgram own;
        private Runnable whenFailed;

        Negotiation(RpcCall call, CallOfProgram own, Runnable whenFailed) {
            super(call.getXid(), call.getProgram(), call.getProgramVersion(), call.getProcedure(), call.getCredential(), call.getXdr(),
                    call.getTransport());
            this.own = own;
            this.whenFailed = whenFailed;
        }

        @Override
        public void acceptedReply(int state, XdrAble result) {
            if (state != RpcAccepsStatus.SUCCESS) {
                end();
            }
            if (own.reply(() -> super.acceptedReply(state, result))) {
                whenFailed = null;
            }
        }

        @Override
        public void reject(int status, XdrAble reason) {
            end();
            own.reply(() -> super.reject(status, reason));
        }

        /** Failed, unless it was answered with success. */
        void end() {
            if (whenFailed != null) {
                whenFailed.run();
                whenFailed = null;
            }
        }
    }
}
