// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;
import java.nio.channels.CompletionHandler;
import java.util.concurrent.CountDownLatch;
import org.HdrHistogram.ConcurrentHistogram;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * NULL calls on one connection, each begun by the handler of the one before, until the time is up or one fails. Used by one thread at a
 * time, the starter's or a handler's; oncrpc4j's hand-over orders them.
 */
final class Pings implements CompletionHandler<RpcReply, RpcTransport> {

    private final RpcCall call;
    private final ConcurrentHistogram latencies;
    private final long end;
    private final CountDownLatch left;
    private long begun;
    private volatile Throwable failure;

    Pings(RpcCall call, ConcurrentHistogram latencies, long end, CountDownLatch left) {
        this.call = call;
        this.latencies = latencies;
        this.end = end;
        this.left = left;
    }

    void next() {
        begun = System.nanoTime();
        try {
            call.call(0, XdrVoid.XDR_VOID, this);
        } catch (IOException | RuntimeException e) {
            failed(e, null);
        }
    }

    @Override
    public void completed(RpcReply reply, RpcTransport transport) {
        long now = System.nanoTime();
        latencies.recordValue(Math.min(latencies.getHighestTrackableValue(), Math.max(1, now - begun)));
        if (now < end) {
            next();
        } else {
            left.countDown();
        }
    }

    @Override
    public void failed(Throwable cause, RpcTransport transport) {
        failure = cause;
        left.countDown();
    }

    void throwFailure() throws IOException {
        if (failure != null) {
            throw new IOException("a call on a busy connection failed: " + failure, failure);
        }
    }
}
