// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.net.InetSocketAddress;
import java.nio.channels.CompletionHandler;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;

/** One call, as procedures see it. One thread. */
final class Request {

    private final RpcCall call;
    private final Caller caller;

    Request(RpcCall call, Caller caller) {
        this.call = call;
        this.caller = caller;
    }

    Caller caller() {
        return caller;
    }

    RpcTransport transport() {
        return call.getTransport();
    }

    /** Gives the memory back when the reply was sent; abandons it when sending failed. */
    void releaseWhenSent(ReadBuffers.Lease lease) {
        call.registerSendListener(new CompletionHandler<>() {
            @Override
            public void completed(Integer sent, InetSocketAddress peer) {
                lease.release();
            }

            @Override
            public void failed(Throwable cause, InetSocketAddress peer) {
                lease.abandon();
            }
        });
    }
}
