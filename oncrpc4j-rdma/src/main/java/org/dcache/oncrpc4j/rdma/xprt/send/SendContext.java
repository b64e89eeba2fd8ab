// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.send;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.memory.RegbufPool;

/**
 * What one outgoing message needs (kernel: {@code struct rpcrdma_sendctx}): transport header, inline buffer, the chain of work requests,
 * the RPC message.
 *
 * <p>Owned by the thread that fills it until it is posted, then by the connection until its Send has completed
 * <em>and</em> its owner is done with it (a requester: also the reply or the fence). Comes from and goes back to a {@link SendContextPool}.
 */
public final class SendContext {

    /** Who is told that the Send has left or never will. */
    public interface Owner {
        /** See {@link org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler#onSendCompletion} for the thread. */
        void sent(SendContext context, boolean ok);
    }

    private final RdmaHeader header = new RdmaHeader();
    private final OutMessage message = new OutMessage();
    private final Expected expected = new Expected();
    private final WorkRequest send = new WorkRequest();
    private final List<WorkRequest> chunkRequests = new ArrayList<>();
    private final ChunkWriter writer = new ChunkWriter(this);
    private int chunkRequestCount;
    private WorkRequest first;
    private WorkRequest last;
    private Regbuf inline;
    /** Memory for results that was taken ahead. */
    private final ArrayDeque<Regbuf> results = new ArrayDeque<>(1);
    private Owner owner;

    public RdmaHeader header() {
        return header;
    }

    /** The RPC message; its filler adds pieces and items before the context is handed over. */
    public OutMessage message() {
        return message;
    }

    /** What the reply to this call may be like; its filler adds to it. */
    public Expected expected() {
        return expected;
    }

    public ChunkWriter writer() {
        return writer;
    }

    public Owner owner() {
        return owner;
    }

    public void owner(Owner value) {
        owner = value;
    }

    /** Its inline buffer, with room for so much of the message; taken ahead, or made here if need be, which may block. */
    public ByteBuffer inline(RegbufPool pool, int length) {
        if (inline == null) {
            inline = pool.acquire(length);
        }
        return inline.memory();
    }

    /** Takes its inline buffer ahead, if one lies ready. Never blocks. */
    public boolean takeInline(RegbufPool pool, int length) {
        inline = pool.tryFree(length);
        return inline != null;
    }

    /** Takes memory for the next result ahead, if it lies ready. Never blocks. */
    public boolean takeResult(RegbufPool pool, int length) {
        Regbuf result = pool.tryFree(length);
        return result != null && results.add(result);
    }

    /** Memory for the next result, the caller's from here on; null when it was not taken ahead. */
    public Regbuf nextResult() {
        return results.poll();
    }

    /** Appends a work request of the provider's own (a bind) to the chain. */
    public void chain(WorkRequest request) {
        if (first == null) {
            first = request;
        } else {
            last.next(request);
        }
        last = request;
        while (last.next() != null) {
            last = last.next();
        }
    }

    /** A new, empty, unsignalled request at the end of the chain. */
    WorkRequest chunkRequest() {
        if (chunkRequestCount == chunkRequests.size()) {
            chunkRequests.add(new WorkRequest());
        }
        WorkRequest request = chunkRequests.get(chunkRequestCount++);
        request.reset();
        chain(request);
        return request;
    }

    /** Ends the chain with the Send of the inline buffer's first bytes; only it is signalled. Returns the first request. */
    public WorkRequest finish(int inlineLength, boolean invalidate, int stag) {
        send.reset().signaled(true).context(this);
        if (invalidate) {
            send.sendWithInvalidate(stag);
        }
        send.add(inline.memory().limit(inlineLength).position(0), inline.region());
        chain(send);
        return first;
    }

    /** Empties it for the next use; the message's memory and the inline buffer are free after this. */
    void recycle() {
        message.release();
        expected.reset();
        for (int i = 0; i < chunkRequestCount; i++) {
            chunkRequests.get(i).reset();
        }
        chunkRequestCount = 0;
        send.reset();
        first = null;
        last = null;
        owner = null;
        if (inline != null) {
            inline.release();
            inline = null;
        }
        for (Regbuf unused = results.poll(); unused != null; unused = results.poll()) {
            unused.release();
        }
        header.reset();
    }
}
