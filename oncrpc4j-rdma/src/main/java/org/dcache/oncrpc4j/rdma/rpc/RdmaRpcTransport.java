// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.CompletionHandler;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.spi.XdrFactory;
import org.dcache.oncrpc4j.rdma.xprt.ConnectionOwner;
import org.dcache.oncrpc4j.rdma.xprt.ConnectionReport;
import org.dcache.oncrpc4j.rdma.xprt.InboundCall;
import org.dcache.oncrpc4j.rdma.xprt.RdmaConnection;
import org.dcache.oncrpc4j.rdma.xprt.SendContext;
import org.dcache.oncrpc4j.rdma.xprt.SendListener;
import org.dcache.oncrpc4j.rpc.ReplyQueue;
import org.dcache.oncrpc4j.rpc.RpcAuthError;
import org.dcache.oncrpc4j.rpc.RpcAuthException;
import org.dcache.oncrpc4j.rpc.RpcAuthStat;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.glassfish.grizzly.Buffer;

/**
 * One RDMA connection as oncrpc4j sees it; the same object for both directions and all calls.
 *
 * <p>{@link #send} never throws and never blocks, and completes its handler exactly once. Once the connection has ended it stays so: every later send fails
 * with {@link EOFException}, nobody reconnects under the application. Any thread.
 */
public final class RdmaRpcTransport implements RpcTransport, XdrFactory, ConnectionOwner {

    private final RdmaEndpoint endpoint;
    private final RegbufMemoryManager memory;
    private final ConnectionReplyQueue replyQueue;
    private final CallbackQueue callbacks;
    private volatile RdmaConnection connection;

    RdmaRpcTransport(RdmaEndpoint endpoint, RegbufMemoryManager memory) {
        this.endpoint = endpoint;
        this.memory = memory;
        this.replyQueue = new ConnectionReplyQueue(this, endpoint.timer());
        this.callbacks = new CallbackQueue(endpoint.executors());
    }

    RdmaConnection connection() {
        return connection;
    }

    RegbufMemoryManager memory() {
        return memory;
    }

    /** Runs user code where user code belongs, in order. */
    void callback(Runnable task) {
        callbacks.add(task);
    }

    /** Runs user code where user code belongs, at once if a thread is free. */
    void anyOrder(Runnable task) {
        endpoint.executors().callback(task);
    }

    /** What this connection agreed on. */
    public ConnectionReport report() {
        return connection.report();
    }

    /** Sends what is posted and closes the connection; pending calls fail. */
    public void close() {
        connection.closeLocally();
    }

    /** Closes the connection at once. */
    void abort() {
        connection.abortLocally();
    }

    Bindings bindings() {
        return endpoint.bindings();
    }

    // ---- ConnectionOwner, on the loop

    @Override
    public Counters counters() {
        return endpoint.counters();
    }

    @Override
    public void established(RdmaConnection c) {
        connection = c;
        endpoint.established(this);
    }

    @Override
    public boolean servesCalls() {
        return endpoint.servesCalls();
    }

    @Override
    public void received(InboundCall call) {
        endpoint.dispatcher().received(call, this);
    }

    @Override
    public void disconnected(RdmaConnection c, IOException cause) {
        endpoint.disconnected(this, cause);
    }

    // ---- RpcTransport

    @Override
    public Xdr newCallXdr(int initialSize) {
        return new RdmaXdr(memory.allocate(initialSize), memory);
    }

    @Override
    public <A> void send(Xdr xdr, A attachment, CompletionHandler<Integer, ? super A> handler) {
        SendListener listener = new SendListener() {
            @Override
            public void sent(int bytes, boolean onLoop) {
                if (onLoop) {
                    callback(() -> handler.completed(bytes, attachment));
                } else {
                    handler.completed(bytes, attachment);
                }
            }

            @Override
            public void failed(IOException cause, boolean inside) {
                if (inside) {
                    callback(() -> handler.failed(cause, attachment));
                } else {
                    handler.failed(cause, attachment);
                }
            }
        };
        if (xdr instanceof RdmaXdr own && own.inbound() != null) {
            reply(own, listener);
        } else if (connection.isOpen()) {
            call(xdr, listener);
        } else {
            xdr.close();
            listener.failed(new EOFException("Disconnected from " + getRemoteSocketAddress()), false);
        }
    }

    private void reply(RdmaXdr xdr, SendListener listener) {
        InboundCall call = xdr.inbound();
        SendContext context = connection.newContext();
        xdr.moveTo(context.message());
        if (call.isOpen() && call.writeChunks() > 0) {
            CallReading.of(Views.of(call.message()), bindings()).results(context.message());
        }
        connection.reply(call, context, listener);
    }

    private void call(Xdr xdr, SendListener listener) {
        SendContext context = connection.newContext();
        if (xdr instanceof RdmaXdr own) {
            own.moveTo(context.message());
        } else {
            Buffer buffer = xdr.asBuffer();
            Pieces.add(context.message(), buffer);
            context.message().onRelease(buffer::tryDispose);
        }
        call(context, listener);
    }

    private void call(SendContext context, SendListener listener) {
        var message = context.message();
        if (message.length() < RpcOffsets.PROCEDURE + Integer.BYTES || message.getInt(RpcOffsets.TYPE) != RpcOffsets.CALL) {
            connection.abandon(context);
            listener.failed(new UnexpectedMessageException("expected an RPC call, or a reply encoded into the Xdr of its call; came something else"),
                    false);
            return;
        }
        int xid = message.getInt(RpcOffsets.XID);
        var view = Views.of(message);
        CallReading reading = CallReading.of(view, bindings());
        reading.plan(context, view);
        if (connection.requester().listener(xid) instanceof PendingReply pending) {
            pending.reading(reading);
        }
        connection.requester().call(xid, context, listener);
    }

    @Override
    public ReplyQueue getReplyQueue() {
        return replyQueue;
    }

    @Override
    public boolean isOpen() {
        return connection.isOpen();
    }

    @Override
    public InetSocketAddress getLocalSocketAddress() {
        return connection.localAddress();
    }

    @Override
    public InetSocketAddress getRemoteSocketAddress() {
        return connection.remoteAddress();
    }

    /** The same connection carries both directions (RFC 8167). */
    @Override
    public RpcTransport getPeerTransport() {
        return this;
    }

    @Override
    public void startTLS() throws RpcAuthException {
        throw new RpcAuthException("TLS is not available on RDMA connections; use RPCSEC_GSS or a protected network",
                new RpcAuthError(RpcAuthStat.AUTH_FAILED));
    }

    @Override
    public boolean isTLS() {
        return false;
    }

    @Override
    public String toString() {
        return "rdma " + getRemoteSocketAddress() + " <=> " + getLocalSocketAddress();
    }
}
