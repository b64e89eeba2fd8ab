// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import com.google.common.util.concurrent.MoreExecutors;
import java.io.IOException;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rpc.executor.Executors;
import org.dcache.oncrpc4j.rdma.rpc.executor.FairQueue;
import org.dcache.oncrpc4j.rdma.rpc.message.CallReading;
import org.dcache.oncrpc4j.rdma.rpc.message.Eligibility;
import org.dcache.oncrpc4j.rdma.rpc.message.Views;
import org.dcache.oncrpc4j.rdma.rpc.xdr.RdmaXdr;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.dcache.oncrpc4j.rdma.spi.XdrView;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.responder.InboundCall;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatcher;
import org.dcache.oncrpc4j.rpc.RpcException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a call through what oncrpc4j does with one: decode header and credential, RPCSEC_GSS, find the program, dispatch.
 *
 * <p>One hop at most: the loop only hands the whole of it to the service's executor as one task, or a thread of that one which has read the
 * call from the network runs it when it has left the loop; connections take turns there
 * ({@link FairQueue}); nothing of the user's, no crypto and no look-up runs on the loop, unless its admin has same-thread services there.
 * oncrpc4j's own filters do the work. Where they leave a call without an answer (an undecodable header; for RPCSEC_GSS see
 * {@link GssCalls}), it is answered here: a client on RDMA would wait for it and in the end drop the connection. When the dispatch has
 * returned, whatever it did, the call's memory is seen to; an {@link Error} of the program goes on to the thread's own handler, as over
 * TCP.
 */
final class CallDispatcher {

    private static final Logger LOG = LoggerFactory.getLogger(CallDispatcher.class);

    private final BoundedLog complaints = new BoundedLog(LOG);
    private final Executors executors;
    private final Counters counters;
    /** Null when the service has no RPCSEC_GSS. */
    private final GssCalls gss;
    private final RpcDispatcher dispatcher;
    private final DispatchContexts contexts = new DispatchContexts();

    CallDispatcher(ServiceContext service, Executors executors, Counters counters) {
        this.executors = executors;
        this.counters = counters;
        this.gss = service.gss() == null ? null : new GssCalls(service.gss(), counters);
        this.dispatcher = new RpcDispatcher(MoreExecutors.newDirectExecutorService(), service.programs(), service.subjectPropagation(),
                service.interceptor());
    }

    /** On the loop. */
    void received(InboundCall call, RdmaRpcTransport transport) {
        transport.dispatch(new FairQueue.Work() {
            @Override
            public void run() {
                dispatch(call, transport);
            }

            @Override
            public void rejected() {
                counters.increment(XprtCounter.EXECUTOR_REJECTED);
                try {
                    PlainReply.systemError(call, transport);
                } catch (RuntimeException | Error e) {
                    // The client would wait for ever.
                    call.discard();
                    throw e;
                }
            }
        });
    }

    private void dispatch(InboundCall call, RdmaRpcTransport transport) {
        RdmaXdr xdr;
        CallOfProgram own;
        // First: what the end of the connection does to the message must not come after the Xdr has looked where that lies.
        call.begin();
        try {
            xdr = new RdmaXdr(call, transport.memory());
            own = new CallOfProgram(call, xdr, transport, counters);
        } catch (RuntimeException | Error e) {
            call.discard();
            call.returned();
            throw e;
        }
        try {
            XdrView message = Views.of(call.message());
            CallReading reading = CallReading.of(message, transport.bindings());
            call.operation(reading.operation(message));
            if (Eligibility.holds(call, message, reading)) {
                decode(call, xdr, transport, own);
            } else {
                LOG.debug("Read chunk of {} that moves what is not eligible; the call is refused", transport.getRemoteSocketAddress());
                call.refuse();
            }
        } catch (RuntimeException e) {
            complaints.info("RPC request of {} failed: {}", transport.getRemoteSocketAddress(), e.toString());
            own.systemError();
        } catch (Error e) {
            own.systemError();
            throw e;
        } finally {
            own.returned();
        }
    }

    private void decode(InboundCall call, RdmaXdr xdr, RdmaRpcTransport transport, CallOfProgram own) {
        try {
            xdr.beginDecoding();
            int xid = xdr.xdrDecodeInt();
            xdr.xdrDecodeInt();
            RpcCall rpc = new ServedCall(xid, xdr, transport, own);
            try {
                rpc.accept();
            } catch (RpcException e) {
                counters.increment(XprtCounter.CALL_DENIED);
                complaints.info("RPC request of {} rejected: {}", transport.getRemoteSocketAddress(), e.getMessage());
                rpc.reject(e.getStatus(), e.getRpcReply());
                return;
            }
            RpcCall admitted = gss == null ? rpc : gss.admit(rpc, call, transport.memory(), own);
            if (admitted == null) {
                // The answer may have failed to be encoded, which oncrpc4j only logs.
                own.systemError();
                return;
            }
            give(admitted, own);
        } catch (IOException | RuntimeException e) {
            undecodable(call, transport, e);
        }
    }

    private void give(RpcCall call, CallOfProgram own) throws IOException {
        own.given();
        try {
            contexts.handle(dispatcher, call);
        } catch (RuntimeException e) {
            // oncrpc4j has answered with a system error and logged it; make sure of the former.
            own.systemError();
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
