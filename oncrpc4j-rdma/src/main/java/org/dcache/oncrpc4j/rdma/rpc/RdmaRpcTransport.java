// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.net.InetSocketAddress;
import java.nio.channels.CompletionHandler;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.dcache.oncrpc4j.rdma.rpc.executor.CallbackQueue;
import org.dcache.oncrpc4j.rdma.rpc.executor.Executors;
import org.dcache.oncrpc4j.rdma.rpc.executor.FairQueue;
import org.dcache.oncrpc4j.rdma.rpc.message.Bindings;
import org.dcache.oncrpc4j.rdma.rpc.xdr.RdmaXdr;
import org.dcache.oncrpc4j.rdma.rpc.xdr.RegbufMemoryManager;
import org.dcache.oncrpc4j.rdma.spi.ReplyWaiter;
import org.dcache.oncrpc4j.rdma.spi.XdrFactory;
import org.dcache.oncrpc4j.rdma.xprt.ConnectionReport;
import org.dcache.oncrpc4j.rdma.xprt.RdmaConnection;
import org.dcache.oncrpc4j.rdma.xprt.link.SendListener;
import org.dcache.oncrpc4j.rpc.ReplyQueue;
import org.dcache.oncrpc4j.rpc.RpcAuthError;
import org.dcache.oncrpc4j.rpc.RpcAuthException;
import org.dcache.oncrpc4j.rpc.RpcAuthStat;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.Xdr;

/**
 * One RDMA connection as oncrpc4j sees it; the same object for both directions and all calls. {@link TransportOwner} makes it and connects
 * it to the engine, {@link CallSender} and {@link ReplySender} send.
 *
 * <p>{@link #send} waits for nothing but room among the calls that wait for credits, which there mostly is, and only in a thread that may
 * wait; it completes its handler exactly once. What goes wrong with a call goes to its handler; what a binding
 * throws over a reply is thrown to the program. Once the connection has ended it stays so: every later send fails with {@link
 * java.io.EOFException}, nobody reconnects under the application. Any thread.
 */
public final class RdmaRpcTransport implements RpcTransport, XdrFactory, ReplyWaiter {

    private final RegbufMemoryManager memory;
    private final Bindings bindings;
    private final Executors executors;
    private final ConnectionReplyQueue replyQueue;
    private final CallbackQueue callbacks;
    /** Null when calls need not be dispatched in order. */
    private final CallbackQueue calls;
    private final FairQueue.Flow flow = new FairQueue.Flow();
    private final int servicePort;
    private volatile RdmaConnection connection;

    RdmaRpcTransport(RegbufMemoryManager memory, Bindings bindings, Executors executors, ScheduledThreadPoolExecutor timer,
            int servicePort) {
        this.servicePort = servicePort;
        this.memory = memory;
        this.bindings = bindings;
        this.executors = executors;
        this.replyQueue = new ConnectionReplyQueue(this, timer);
        boolean onLoop = executors.staysOnLoop() && memory.isReadyOnLoops();
        this.callbacks = new CallbackQueue(executors, onLoop);
        this.calls = executors.inOrder() ? new CallbackQueue(executors, onLoop) : null;
    }

    /** Once, on the loop, before anybody else sees it. */
    void established(RdmaConnection established) {
        connection = established;
    }

    public RdmaConnection connection() {
        return connection;
    }

    RegbufMemoryManager memory() {
        return memory;
    }

    /** Runs user code where user code belongs, in order. */
    void callback(Runnable task) {
        callbacks.add(task);
    }

    /** Runs the dispatch of a call of the peer, or rejects one when the service takes no more. */
    void dispatch(FairQueue.Work call) {
        if (calls != null) {
            calls.add(call::run);
        } else {
            executors.dispatch(flow, call, connection);
        }
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
    public void abort() {
        connection.abortLocally();
    }

    Bindings bindings() {
        return bindings;
    }

    /** The thread that waits for the reply serves the connection's loop meanwhile, where that has nothing else to do. */
    @Override
    public void waits(Future<?> reply) {
        connection.serveLoop(reply::isDone);
    }

    // ---- RpcTransport

    @Override
    public Xdr newCallXdr(int initialSize) {
        return new RdmaXdr(memory.allocate(initialSize), memory);
    }

    @Override
    public <A> void send(Xdr xdr, A attachment, CompletionHandler<Integer, ? super A> handler) {
        Objects.requireNonNull(handler, "CompletionHandler can't be null");
        SendListener listener = new HandlerListener<>(this, attachment, handler);
        if (xdr instanceof RdmaXdr own && own.inbound() != null) {
            ReplySender.send(own, this, listener);
        } else {
            CallSender.send(xdr, this, listener);
        }
    }

    @Override
    public ReplyQueue getReplyQueue() {
        return replyQueue;
    }

    @Override
    public boolean isOpen() {
        return connection.isOpen();
    }

    /**
     * With the port of the service that accepted the connection, as over TCP, also where RDMA is served on another one: programs know a
     * service by it. nfs4j makes its server owner of it, and a client with a TCP and an RDMA mount must not take one server for two.
     */
    @Override
    public InetSocketAddress getLocalSocketAddress() {
        InetSocketAddress own = connection.localAddress();
        return servicePort == 0 ? own : new InetSocketAddress(own.getAddress(), servicePort);
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
        return "rdma " + getRemoteSocketAddress() + " <=> " + connection.localAddress();
    }
}
