// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rpc.xdr.RdmaXdr;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.responder.InboundCall;

/**
 * What a call that is with its program needs on RDMA and oncrpc4j does not do. The memory it is decoded from is the transport's: the thread
 * that dispatches may read there; before any other thread decodes, and before the program gets at the Xdr itself, that parts from it. And
 * an answer that oncrpc4j failed to encode, which it only logs, is given as SYSTEM_ERR: the client would wait for ever.
 *
 * <p>Made by the dispatching thread; any thread of the program answers, one at a time, as with oncrpc4j's own calls.
 */
final class CallOfProgram {

    private final InboundCall call;
    private final RdmaXdr xdr;
    private final RdmaRpcTransport transport;
    private final Counters counters;
    /** Null before the program has it, and when its dispatch has returned. */
    private volatile Thread dispatching;
    private volatile boolean given;

    CallOfProgram(InboundCall call, RdmaXdr xdr, RdmaRpcTransport transport, Counters counters) {
        this.call = call;
        this.xdr = xdr;
        this.transport = transport;
        this.counters = counters;
    }

    /** From here on the program has it, in this thread. */
    void given() {
        dispatching = Thread.currentThread();
        given = true;
    }

    /** The dispatch has returned: what nobody needs any more goes back. */
    void returned() {
        dispatching = null;
        if (call.isOpen()) {
            counters.increment(XprtCounter.UNANSWERED);
            xdr.part(false);
        }
        call.returned();
    }

    /** Somebody is about to decode arguments. */
    void decoding() {
        if (given && dispatching != Thread.currentThread()) {
            xdr.part(true);
        }
    }

    /** Somebody takes the Xdr: nobody knows what for. */
    void shared() {
        if (given) {
            xdr.part(true);
        }
    }

    /**
     * Runs oncrpc4j's own reply. What that throws is the program's to know; the memory that was encoded into goes back in any case.
     *
     * @return false when it could not be encoded, which oncrpc4j only logs, and the answer is another one
     */
    boolean reply(Runnable reply) {
        try {
            reply.run();
        } catch (RuntimeException | Error e) {
            xdr.close();
            throw e;
        }
        if (!call.isOpen()) {
            return true;
        }
        xdr.close();
        systemError();
        return false;
    }

    /** Answers SYSTEM_ERR if nobody has answered. Without memory for that the connection ends. */
    void systemError() {
        if (call.isOpen()) {
            counters.increment(XprtCounter.ANSWERED_FOR_PROGRAM);
            try {
                PlainReply.systemError(call, transport);
            } catch (RuntimeException | Error e) {
                // The client would wait for ever.
                call.discard();
                throw e;
            }
        }
    }
}
