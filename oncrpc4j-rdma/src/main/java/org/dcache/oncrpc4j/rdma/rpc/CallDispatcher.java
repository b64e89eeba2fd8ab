// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import com.google.common.util.concurrent.MoreExecutors;
import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.dcache.oncrpc4j.rdma.xprt.InboundCall;
import org.dcache.oncrpc4j.rdma.xprt.XprtCounter;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatcher;
import org.dcache.oncrpc4j.rpc.RpcException;
import org.glassfish.grizzly.filterchain.FilterChainContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a call through what oncrpc4j does with one: decode header and credential, RPCSEC_GSS, find the program, dispatch.
 *
 * <p>One hop: the loop only hands the whole of it to the service's executor as one task; nothing of the user's, no crypto and no look-up runs on the
 * loop. oncrpc4j's own filters do the work. Where they leave a call without an answer (an undecodable header; for RPCSEC_GSS see
 * {@link GssCalls}), it is answered here: a client on RDMA would wait for it and in the end drop the connection.
 */
final class CallDispatcher {

    private static final Logger LOG = LoggerFactory.getLogger(CallDispatcher.class);

    private final BoundedLog complaints = new BoundedLog(LOG);
    private final Executors executors;
    private final Counters counters;
    /** Null when the service has no RPCSEC_GSS. */
    private final GssCalls gss;
    private final RpcDispatcher dispatcher;

    CallDispatcher(ServiceContext service, Executors executors, Counters counters) {
        this.executors = executors;
        this.counters = counters;
        this.gss = service.gss() == null ? null : new GssCalls(service.gss(), counters);
        this.dispatcher = new RpcDispatcher(MoreExecutors.newDirectExecutorService(), service.programs(), service.subjectPropagation(),
                service.interceptor());
    }

    /** On the loop. */
    void received(InboundCall call, RdmaRpcTransport transport) {
        try {
            executors.dispatch(() -> dispatch(call, transport));
        } catch (RejectedExecutionException e) {
            counters.increment(XprtCounter.EXECUTOR_REJECTED);
            PlainReply.systemError(call, transport);
        }
    }

    private void dispatch(InboundCall call, RdmaRpcTransport transport) {
        if (!Eligibility.holds(call, transport.bindings())) {
            LOG.debug("Read chunk of {} that moves what is not eligible; the call is refused", transport.getRemoteSocketAddress());
            call.refuse();
            return;
        }
        RdmaXdr xdr = new RdmaXdr(call, transport.memory());
        try {
            xdr.beginDecoding();
            int xid = xdr.xdrDecodeInt();
            xdr.xdrDecodeInt();
            RpcCall rpc = new RpcCall(xid, xdr, transport);
            try {
                rpc.accept();
            } catch (RpcException e) {
                counters.increment(XprtCounter.CALL_DENIED);
                complaints.info("RPC request of {} rejected: {}", transport.getRemoteSocketAddress(), e.getMessage());
                rpc.reject(e.getStatus(), e.getRpcReply());
                return;
            }
            dispatch(rpc, call, transport);
        } catch (OncRpcException | RuntimeException e) {
            undecodable(call, transport, e);
        } catch (IOException e) {
            undecodable(call, transport, e);
        }
    }

    private void dispatch(RpcCall rpc, InboundCall call, RdmaRpcTransport transport) throws IOException {
        RpcCall admitted = gss == null ? rpc : gss.admit(rpc, call, transport.memory());
        if (admitted == null) {
            // The answer may have failed to be encoded, which oncrpc4j only logs.
            systemError(call, transport);
            return;
        }
        FilterChainContext context = new FilterChainContext();
        context.setMessage(admitted);
        try {
            dispatcher.handleRead(context);
        } catch (RuntimeException e) {
            // oncrpc4j has answered with a system error and logged it; make sure of the former.
            systemError(call, transport);
        } catch (Error e) {
            systemError(call, transport);
            throw e;
        }
    }

    /** For a call that nobody has answered. */
    private void systemError(InboundCall call, RdmaRpcTransport transport) {
        if (call.isOpen()) {
            counters.increment(XprtCounter.ANSWERED_FOR_PROGRAM);
            PlainReply.systemError(call, transport);
        }
    }

    private void undecodable(InboundCall call, RdmaRpcTransport transport, Exception cause) {
        complaints.info("Undecodable RPC request of {}: {}", transport.getRemoteSocketAddress(), cause.toString());
        if (call.isOpen()) {
            counters.increment(XprtCounter.ANSWERED_FOR_PROGRAM);
            PlainReply.garbageArguments(call, transport);
        }
    }
}
