// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.verbs.Capabilities;
import org.dcache.oncrpc4j.rdma.verbs.ConnectListener;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.RdmaDevice;

/** Dials (kernel: {@code rpcrdma_xprt_connect}). Any thread; the result is a future, nobody is blocked here. */
public final class Connector {

    private Connector() {}

    /**
     * @param local address to dial from, or null
     * @param timeoutMillis for the whole handshake
     * @return fails with what the provider says; each cause has its own type
     */
    public static Future<RdmaConnection> connect(RdmaDevice device, InetSocketAddress remote, InetSocketAddress local, long timeoutMillis,
            ConnectionOwner owner) {
        Capabilities can = device.adapter().capabilities();
        int size = device.limits().inline();
        // Who cannot read what the peer takes sends no more than the default, and says so.
        int sent = can.privateDataReadable() ? Math.min(size, can.maxSend()) : PrivateData.DEFAULT_SIZE;
        PrivateData own = new PrivateData(can.remoteInvalidate(), sent, size);
        RdmaConnection connection = new RdmaConnection(device, owner, true, can.privateDataReadable() ? own : PrivateData.NONE);
        CompletableFuture<RdmaConnection> result = new CompletableFuture<>();
        device.adapter().connect(remote, device.options(local, timeoutMillis, own.encode()), connection, new ConnectListener() {
            @Override
            public void connected(QueuePair queuePair) {
                if (!result.complete(connection)) {
                    connection.close(new ConnectionClosedException("nobody waited for the connection"));
                }
            }

            @Override
            public void failed(IOException cause) {
                owner.counters().increment(XprtCounter.CONNECT_FAILED, remote, cause.getMessage());
                result.completeExceptionally(cause);
            }
        });
        return result;
    }
}
