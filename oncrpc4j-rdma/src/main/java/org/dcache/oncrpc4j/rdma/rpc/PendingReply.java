// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CompletionHandler;
import java.util.concurrent.ScheduledFuture;
import org.dcache.oncrpc4j.rdma.metrics.latency.Operation;
import org.dcache.oncrpc4j.rdma.rpc.message.CallReading;
import org.dcache.oncrpc4j.rdma.rpc.message.RpcOffsets;
import org.dcache.oncrpc4j.rdma.rpc.message.Views;
import org.dcache.oncrpc4j.rdma.rpc.xdr.RdmaXdr;
import org.dcache.oncrpc4j.rdma.spi.XdrView;
import org.dcache.oncrpc4j.rdma.xprt.error.BadReplyException;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.requester.ReplyListener;
import org.dcache.oncrpc4j.rpc.OncRpcAcceptedException;
import org.dcache.oncrpc4j.rpc.OncRpcRejectedException;
import org.dcache.oncrpc4j.rpc.RpcAccepsStatus;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;

/**
 * Delivers the reply to one call of ours to the completion handler that was registered for it.
 *
 * <p>Threads: replies come on the loop. A handler is user code and runs on the shared workers, with one exception: the handler that
 * oncrpc4j itself makes only decodes the result and completes a future that nobody but the waiting thread can see (what {@code RpcCall}
 * returns to a caller is another future around it), so it runs on the loop and saves the waiting thread a hop.
 *
 * <p>Memory: that handler has decoded everything when it returns, so pooled memory is used again then, be it where a small reply was
 * received; its Xdr is empty from then on. Any other handler may keep the reply
 * for as long as it likes: a small one is copied to the heap; a large one lies in pooled memory, which is used again only if the handler
 * has decoded the reply to its end when it returns, and is left to the garbage collector if not. With {@code oncrpc.rdma.lend-replies} the
 * data of a Write chunk lies there too, and byte buffers that the handler decodes are that memory itself: good until it returns,
 * however it does, and not longer. A time-out, or a connection that ends, takes nothing away from a handler that has a reply.
 */
final class PendingReply implements ReplyListener {

    /** Handlers that {@code RpcCall} makes itself. */
    private static final ClassValue<Boolean> OWN_HANDLER = new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
            return type.getName().startsWith("org.dcache.oncrpc4j.rpc.RpcCall$");
        }
    };

    private final RdmaRpcTransport transport;
    private final CompletionHandler<RpcReply, RpcTransport> handler;
    /** The handler is oncrpc4j's own and can run on the loop, see above. */
    private final boolean own;
    private volatile ScheduledFuture<?> timeout;
    private volatile CallReading reading;
    private volatile Operation operation = Operation.UNNAMED;

    /** @param handler may be null: nobody wants to know */
    PendingReply(RdmaRpcTransport transport, CompletionHandler<RpcReply, RpcTransport> handler) {
        this.transport = transport;
        this.handler = handler;
        this.own = handler != null && isOwn(handler);
    }

    /** Whether a handler is one that {@code RpcCall} made. */
    static boolean isOwn(CompletionHandler<?, ?> handler) {
        return OWN_HANDLER.get(handler.getClass());
    }

    /** Whether a thread may wait for the reply: its handler is oncrpc4j's own, of a synchronous call or a future. */
    boolean isOwn() {
        return own;
    }

    /** oncrpc4j registers one-way calls without a handler. */
    @Override
    public boolean oneWay() {
        return handler == null;
    }

    /** Not for oncrpc4j's own handlers: who waits for those looks at the result when they have returned. */
    @Override
    public boolean borrows() {
        return handler != null && !own && transport.memory().lendsReplies();
    }

    /** oncrpc4j's own handler does: a small reply is decoded where it was received. */
    @Override
    public boolean decodesAtOnce() {
        return own;
    }

    CompletionHandler<RpcReply, RpcTransport> handler() {
        return handler;
    }

    void timeout(ScheduledFuture<?> future) {
        timeout = future;
    }

    void cancelTimeout() {
        ScheduledFuture<?> future = timeout;
        if (future != null) {
            future.cancel(false);
        }
    }

    /** What is known of the call; set before it is sent. */
    void reading(CallReading value, XdrView call) {
        reading = value;
        operation = value.operation(call);
    }

    @Override
    public Operation operation() {
        return operation;
    }

    @Override
    public void locate(ByteBuffer reduced, int[] lengths, int count, int[] positions) throws IOException {
        CallReading call = reading;
        XdrView view = Views.of(reduced);
        int offset = RpcOffsets.results(view);
        if (call == null || call.binding() == null || offset == RpcOffsets.NONE) {
            return;
        }
        int[] next = {0};
        boolean[] contradicts = {false};
        try {
            call.binding().results(call.header(), view, offset, (position, length) -> {
                int i = next[0];
                if (i < count && lengths[i] > 0 && length == 0) {
                    // RFC 8267 gives an empty result the next chunk, which comes back unused; Linux's server gives it none.
                    return false;
                }
                next[0]++;
                if (i >= count || lengths[i] == 0) {
                    return false;
                }
                contradicts[0] |= lengths[i] != length;
                positions[i] = position;
                return true;
            });
        } catch (IndexOutOfBoundsException e) {
            throw new BadReplyException("the results of " + call.header() + " end too early, with byte " + reduced.limit()
                    + " of the reply");
        }
        if (contradicts[0]) {
            throw new BadReplyException("a Write chunk was returned with another length than the result of " + call.header() + " has");
        }
    }

    @Override
    public void replied(ByteBuffer message, Regbuf memory) {
        cancelTimeout();
        if (own) {
            deliver(message, memory);
        } else {
            transport.callback(() -> deliver(message, memory));
        }
    }

    private void deliver(ByteBuffer message, Regbuf memory) {
        if (memory != null && !own && !memory.isForgettable()) {
            ByteBuffer copy;
            try {
                copy = ByteBuffer.allocate(message.remaining()).put(message).flip();
            } catch (OutOfMemoryError e) {
                fail(new IOException("no memory for a reply of " + message.remaining() + " bytes: " + e, e));
                return;
            } finally {
                memory.release();
            }
            deliver(new RdmaXdr(copy, false, transport.memory()));
            return;
        }
        RdmaXdr xdr = new RdmaXdr(message, memory == null ? own : memory.isPooled(), transport.memory());
        if (borrows()) {
            xdr.lend();
        }
        try {
            deliver(xdr);
        } finally {
            if (own) {
                xdr.close();
            }
            if (memory != null && (own || xdr.detach())) {
                memory.release();
            } else if (memory != null) {
                memory.forget();
            }
        }
    }

    private void deliver(RdmaXdr xdr) {
        if (handler == null) {
            return;
        }
        try {
            xdr.beginDecoding();
            int xid = xdr.xdrDecodeInt();
            xdr.xdrDecodeInt();
            RpcReply reply = new RpcReply(xid, xdr, transport);
            if (!reply.isAccepted()) {
                handler.failed(new OncRpcRejectedException(reply.getRejectStatus()), transport);
            } else if (reply.getAcceptStatus() != RpcAccepsStatus.SUCCESS) {
                handler.failed(new OncRpcAcceptedException(reply.getAcceptStatus()), transport);
            } else {
                handler.completed(reply, transport);
            }
        } catch (IOException | RuntimeException e) {
            // Also when the application's own decoding fails: somebody may be waiting.
            handler.failed(e, transport);
        } catch (Error e) {
            handler.failed(e, transport);
            if (!own) {
                throw e;
            }
        }
    }

    @Override
    public void failed(IOException cause) {
        fail(cause);
    }

    /** Tells the handler that there is no reply, for whatever reason. */
    void fail(Exception cause) {
        cancelTimeout();
        if (handler == null) {
            return;
        }
        if (own) {
            handler.failed(cause, transport);
            transport.connection().wakeLoop();
        } else {
            transport.callback(() -> handler.failed(cause, transport));
        }
    }
}
