// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.responder;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.memory.SinkQueue;

/**
 * Pulls the Read chunks of one call and puts the RPC message together again (kernel: {@code svc_rdma_process_read_list}).
 *
 * <p>The message grows in one piece of memory: each byte, inline or read, has its place before the first Read is posted, so the Reads put
 * their data straight where it belongs. All Reads are posted in one chain; they complete in order, only the last is signalled. No thread
 * waits.
 *
 * <p>Lives on the connection's loop, but for {@link #granted}, which only hops there. Ends in {@link Responder#pulled} or
 * {@link Responder#pullFailed}, once.
 */
final class CallPull implements SinkQueue.Waiter {

    private final Responder responder;
    private final RdmaHeader header;
    private int inlineOffset;
    private final int length;
    private long started;
    /** The inline part of the message, and what goes before it; in {@link #receive}, or on the heap. */
    private ByteBuffer inline;
    private ReceiveBuffer receive;
    private Regbuf sink;
    private InboundCall call;
    private boolean posted;
    private volatile boolean cancelled;

    /**
     * @param header decoded, reads sorted and checked; belongs to this call from now on
     * @param inlineOffset where the inline RPC message starts in {@code receive}
     * @param length bytes of the unreduced message
     */
    CallPull(Responder responder, RdmaHeader header, int inlineOffset, int length, ReceiveBuffer receive) {
        this.responder = responder;
        this.header = header;
        this.inlineOffset = inlineOffset;
        this.length = length;
        this.inline = receive.data();
        this.receive = receive;
    }

    RdmaHeader header() {
        return header;
    }

    int length() {
        return length;
    }

    Regbuf sink() {
        return sink;
    }

    /** Its call, when that has come whole; null before. On the loop. */
    InboundCall call() {
        return call;
    }

    void call(InboundCall whole) {
        call = whole;
    }

    /** When it got its memory: from then on the peer is waited for, before that others. 0 while it waits for memory. On the loop. */
    long started() {
        return started;
    }

    boolean isLong() {
        return header.positionZero();
    }

    @Override
    public int bytes() {
        return length;
    }

    @Override
    public boolean cancelled() {
        return cancelled;
    }

    @Override
    public void granted(Regbuf regbuf) {
        boolean queued = responder.queuePair().execute(() -> start(regbuf));
        if (!queued) {
            regbuf.release();
        }
    }

    /** On the loop: posts the Reads. */
    void start(Regbuf regbuf) {
        if (cancelled) {
            regbuf.release();
            return;
        }
        sink = regbuf;
        long now = System.nanoTime();
        started = now == 0 ? 1 : now;
        responder.pullStarted();
        ByteBuffer target = regbuf.memory();
        ByteBuffer source = inline;
        boolean zero = header.positionZero();
        int first = 0;
        while (zero && first < header.readCount() && header.readPosition(first) == 0) {
            first++;
        }
        Base base = zero ? new Base(first) : null;
        int inlineAt = inlineOffset;
        int at = 0;
        Chain chain = new Chain();
        for (int i = first; i < header.readCount(); ) {
            int position = header.readPosition(i);
            int gap = position - at;
            if (zero) {
                base.read(chain, at, gap);
            } else {
                target.put(at, source, inlineAt, gap);
                inlineAt += gap;
            }
            at = position;
            for (; i < header.readCount() && header.readPosition(i) == position; i++) {
                chain.read(header.readHandle(i), header.readOffset(i), at, header.readLength(i));
                at += header.readLength(i);
            }
            for (; (at & 3) != 0; at++) {
                target.put(at, (byte) 0);
            }
        }
        if (zero) {
            base.read(chain, at, length - at);
        } else {
            target.put(at, source, inlineAt, length - at);
        }
        inline = null;
        releaseReceive();
        if (chain.last == null) {
            responder.pulled(this);
            return;
        }
        chain.last.signaled(true).context(this);
        QueuePair qp = responder.queuePair();
        responder.counters().add(XprtCounter.RDMA_READS, chain.count);
        responder.counters().add(XprtCounter.RDMA_READ_BYTES, chain.bytes);
        posted = true;
        qp.postSend(chain.head);
    }

    void readDone(boolean ok) {
        posted = false;
        if (ok && !cancelled) {
            responder.pulled(this);
        } else {
            cancelled = true;
            sink.release();
            sink = null;
            responder.pullFailed(this);
        }
    }

    /**
     * Gives up while it waits for memory, when its Reads could not even be posted, or when they are done and no call could be made of it;
     * while they are under way, their completion ends it. On the loop.
     */
    void cancel() {
        cancelled = true;
        if (sink != null && !posted) {
            sink.release();
            sink = null;
        }
        releaseReceive();
    }

    /**
     * There is no memory yet: what came inline moves to the heap. Receives that calls hold while they wait would hold up the Read Responses
     * of those that have the memory, and then nobody goes on. On the loop.
     */
    void waits() {
        ByteBuffer data = inline;
        int bytes = data.limit() - inlineOffset;
        inline = ByteBuffer.allocate(bytes).put(0, data, inlineOffset, bytes);
        inlineOffset = 0;
        releaseReceive();
    }

    private void releaseReceive() {
        if (receive != null) {
            receive.release();
            receive = null;
        }
    }

    /** The message, in the sink. */
    ByteBuffer message() {
        return sink.view(0, length);
    }

    /** A growing chain of Reads. */
    private final class Chain {
        WorkRequest head;
        WorkRequest last;
        int count;
        long bytes;

        void read(int handle, long offset, int at, int n) {
            if (n == 0) {
                return;
            }
            WorkRequest request = new WorkRequest().read(handle, offset).add(sink.view(at, n), sink.region());
            if (head == null) {
                head = request;
            } else {
                last.next(request);
            }
            last = request;
            count++;
            bytes += n;
        }
    }

    /** The Position-Zero chunk as a stream of remote bytes, taken in order. */
    private final class Base {
        private final int segments;
        private int segment;
        private int used;

        Base(int segments) {
            this.segments = segments;
        }

        void read(Chain chain, int at, int n) {
            int left = n;
            int to = at;
            while (left > 0 && segment < segments) {
                int part = Math.min(left, header.readLength(segment) - used);
                chain.read(header.readHandle(segment), header.readOffset(segment) + used, to, part);
                used += part;
                to += part;
                left -= part;
                if (used == header.readLength(segment)) {
                    segment++;
                    used = 0;
                }
            }
        }
    }
}
