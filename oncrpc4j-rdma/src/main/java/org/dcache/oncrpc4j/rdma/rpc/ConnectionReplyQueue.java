// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.EOFException;
import java.net.SocketAddress;
import java.nio.channels.CompletionHandler;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rdma.xprt.error.DuplicateXidException;
import org.dcache.oncrpc4j.rpc.ReplyQueue;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reply queue of one connection. oncrpc4j registers each call here before it is sent and takes it out again when the caller gives up,
 * which makes these the points where a call becomes known to the engine and where its memory is fenced: {@link #get} returns only when the
 * peer can no longer reach it.
 *
 * <p>Xids are tracked per connection and a duplicate is refused; one shared timer serves all time-outs, and waits for no
 * fence: the memory of a call that timed out is fenced by its connection's loop, which tells the caller afterwards. A disconnect is noticed
 * by the connection itself, so {@link #handleDisconnect} has nothing to do.
 *
 * <p>On a connection that has ended a call is not registered, and nothing is thrown, as with the stock queue: oncrpc4j would drop the
 * encoded message, and nobody could give its memory back. It goes on to {@link RdmaRpcTransport#send}, which does so and fails the call
 * with {@link EOFException}.
 */
final class ConnectionReplyQueue extends ReplyQueue {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectionReplyQueue.class);

    private final RdmaRpcTransport transport;
    private final ScheduledThreadPoolExecutor timer;

    ConnectionReplyQueue(RdmaRpcTransport transport, ScheduledThreadPoolExecutor timer) {
        this.transport = transport;
        this.timer = timer;
        // The stock queue's own timer has no thread before its first use; ours is never used.
        super.shutdown();
    }

    @Override
    public void registerKey(int xid, SocketAddress address, CompletionHandler<RpcReply, RpcTransport> callback) throws EOFException {
        registerKey(xid, address, callback, 0, null);
    }

    @Override
    public void registerKey(int xid, SocketAddress address, CompletionHandler<RpcReply, RpcTransport> callback, long timeout, TimeUnit unit)
            throws EOFException {
        boolean timed = timeout > 0 && unit != null;
        PendingReply pending = new PendingReply(transport, callback);
        try {
            transport.connection().requester().register(xid, pending);
        } catch (DuplicateXidException e) {
            throw e;
        } catch (EOFException e) {
            LOG.debug("{}: xid {} is left to send: {}", transport, xid, e.getMessage());
            return;
        }
        if (timed) {
            try {
                pending.timeout(timer.schedule(() -> expired(xid, timeout, unit), timeout, unit));
            } catch (RejectedExecutionException e) {
                // The service has stopped, and with it ends the connection, which fails the call.
                LOG.debug("{}: xid {} has no time-out, the service has stopped", transport, xid);
            } catch (RuntimeException | Error e) {
                // No memory. The caller does not send it.
                transport.connection().requester().abandon(xid);
                throw e;
            }
        }
    }

    private void expired(int xid, long timeout, TimeUnit unit) {
        transport.connection().requester().abandon(xid, listener -> {
            PendingReply pending = (PendingReply) listener;
            pending.fail(new TimeoutException("did not get a response within " + timeout + " " + unit));
        });
    }

    @Override
    public CompletionHandler<RpcReply, RpcTransport> get(int xid) {
        PendingReply pending = (PendingReply) transport.connection().requester().abandon(xid);
        if (pending == null) {
            return null;
        }
        pending.cancelTimeout();
        return pending.handler();
    }

    @Override
    public void handleDisconnect(SocketAddress address) {}

    @Override
    public Collection<PendingRequest> getPendingRequests() {
        // Not the engine's own, with which it has one-way calls counted.
        return transport.connection().requester().pending().stream().filter(PendingReply.class::isInstance).map(PendingReply.class::cast)
                .map(pending -> new PendingRequest(transport.getLocalSocketAddress(), pending.handler(), null)).toList();
    }

    @Override
    public void shutdown() {}
}
