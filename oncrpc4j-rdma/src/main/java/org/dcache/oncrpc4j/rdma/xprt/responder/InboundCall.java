// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.responder;

import java.io.EOFException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.dcache.oncrpc4j.rdma.metrics.jfr.Recorder;
import org.dcache.oncrpc4j.rdma.metrics.jfr.ServedCallEvent;
import org.dcache.oncrpc4j.rdma.metrics.latency.CallKind;
import org.dcache.oncrpc4j.rdma.metrics.latency.Operation;
import org.dcache.oncrpc4j.rdma.metrics.latency.Side;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.Link;
import org.dcache.oncrpc4j.rdma.xprt.link.SendListener;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;

/**
 * A call that came in, whole, in pooled memory: its receive buffer, or the sink that its Read chunks were pulled into.
 *
 * <p>It is answered or discarded at most once, later attempts are refused; a one-way call never is. Its memory goes back when it is
 * answered, or when it is {@linkplain #detach detached} since its dispatch has returned and nobody answered: then it keeps on the heap what
 * may still be asked for. Whatever thread does that, while a dispatch runs in another thread ({@link #begin} to {@link #returned}) the
 * memory stays: that one may be reading it.
 *
 * <p>{@link OpenCalls} counts it until then. Its monitor guards the memory; only other threads of the program, and the end of the
 * connection, ever contend for it.
 */
public final class InboundCall implements SendContext.Owner {

    private static final int ANSWERED = 1;
    private static final int LEFT = 2;
    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);
    private static final AtomicIntegerFieldUpdater<InboundCall> STATE = AtomicIntegerFieldUpdater.newUpdater(InboundCall.class, "state");

    private final Responder responder;
    private final Link connection;
    private final int xid;
    /** Null when the call brought no chunks for its reply. */
    private final RdmaHeader chunks;
    /** Null when the call brought no Read chunks; sorted by position. */
    private final RdmaHeader reads;
    private final boolean invalidate;
    private final int invalidateStag;
    private volatile int state;
    /** Null when nobody records served calls. */
    private final ServedCallEvent event = Recorder.servedCall();
    private final long begun = System.nanoTime();
    private final int length;
    /** Null when it is answered by an error of the transport. */
    private CallKind kind;
    private Operation operation = Operation.UNNAMED;

    // guarded by this, but for reading the message while its memory cannot go
    private volatile ByteBuffer message;
    private ReceiveBuffer receiveBuffer;
    private Regbuf sink;
    private Thread running;
    /** Who hears of the answer's Send; set before that is posted. */
    private SendListener answerListener;
    private int answerLength;
    /** The program has parts of the memory itself, until it replies. */
    private boolean lent;
    /** The memory goes when the dispatch returns. */
    private boolean releaseDue;

    /** @param path which way it came; is counted */
    InboundCall(XprtCounter path, Responder responder, Link connection, int xid, RdmaHeader chunks, RdmaHeader reads, boolean invalidate,
            int invalidateStag, ByteBuffer message, ReceiveBuffer receiveBuffer, Regbuf sink) {
        this.responder = responder;
        this.connection = connection;
        this.xid = xid;
        this.chunks = chunks;
        this.reads = reads;
        this.invalidate = invalidate;
        this.invalidateStag = invalidateStag;
        this.message = message;
        this.receiveBuffer = receiveBuffer;
        this.sink = sink;
        this.length = message.remaining();
        this.kind = path.kind();
        connection.counters().increment(path);
        if (event != null) {
            event.callPath = path.label();
            event.callBytes = length;
        }
    }

    public Link connection() {
        return connection;
    }

    /** Answers it with the message in {@code context}; see {@link Responder#reply}. Any thread. @param listener told exactly once */
    public void reply(SendContext context, SendListener listener) {
        responder.reply(this, context, listener);
    }

    public int xid() {
        return xid;
    }

    /** The unreduced RPC message from the xid on, big-endian, position 0; after {@link #detach} only its first bytes. */
    public ByteBuffer message() {
        return message;
    }

    /** Write chunks that the client provided. */
    public int writeChunks() {
        return chunks == null ? 0 : chunks.writeCount();
    }

    /** Entries of the Read list, in the order of their positions; several of one position are one chunk. */
    public int readEntries() {
        return reads == null ? 0 : reads.readCount();
    }

    /** Position of a Read list entry in {@link #message()}; meaningless for the Position-Zero chunk, see {@link #isLong()}. */
    public int readPosition(int entry) {
        return reads.readPosition(entry);
    }

    /** Bytes of a Read list entry. */
    public int readLength(int entry) {
        return reads.readLength(entry);
    }

    /** Whether the entries of position 0 are the message itself (RDMA_NOMSG). */
    public boolean isLong() {
        return reads != null && reads.positionZero();
    }

    RdmaHeader chunks() {
        return chunks;
    }

    boolean invalidate() {
        return invalidate;
    }

    int invalidateStag() {
        return invalidateStag;
    }

    // ---- answered

    /** Whether nobody has answered or discarded it yet. */
    public boolean isOpen() {
        return (state & ANSWERED) == 0;
    }

    boolean answer() {
        return mark(ANSWERED);
    }

    private boolean mark(int bit) {
        return (STATE.getAndAccumulate(this, bit, (old, more) -> old | more) & bit) == 0;
    }

    /** Its answer is about to be posted: who hears of it, and its bytes. */
    void answers(SendListener listener, int length) {
        answerListener = listener;
        answerLength = length;
    }

    /** Its answer has left, or never will. */
    @Override
    public void sent(SendContext context, boolean ok) {
        connection.done(context);
        if (ok) {
            answerListener.sent(answerLength);
        } else {
            answerListener.failed(connection.endCause() != null ? connection.endCause() : new EOFException("connection ended"), true);
        }
    }

    /** It does not count any more. Any number of times; returns how many calls are left. */
    int leave() {
        return mark(LEFT) ? responder.open().left() : responder.size();
    }

    // ---- its memory

    /** The dispatch begins, in this thread. */
    public synchronized void begin() {
        running = Thread.currentThread();
    }

    /** The dispatch has returned. Unless there is an answer, {@link #detach} before this says what is still wanted. */
    public void returned() {
        boolean release;
        boolean empty;
        synchronized (this) {
            running = null;
            release = releaseDue;
            empty = receiveBuffer == null && sink == null;
        }
        if (release) {
            releaseMemory();
        } else if (!empty && connection.endCause() != null) {
            connectionEnded();
        }
        if (release || empty) {
            leave();
        }
    }

    /** The program looks into the memory itself from now on, until it has replied. */
    public synchronized void lend() {
        lent = true;
    }

    /** Whether the program looks into the memory itself. */
    public synchronized boolean isLent() {
        return lent;
    }

    /**
     * Whether its memory is a sink. Such a call holds its credit until its arguments are decoded: nobody may pile up megabytes on the heap.
     */
    public boolean isPulled() {
        return reads != null;
    }

    /**
     * Gives the memory back and keeps a copy of its first bytes; idempotent. The answer may still come.
     *
     * @param keep how many; more than there are means all
     */
    public void detach(int keep) {
        boolean over;
        synchronized (this) {
            if (receiveBuffer == null && sink == null) {
                return;
            }
            message = copy(keep);
            over = running == null;
        }
        releaseMemory();
        if (over) {
            leave();
        }
    }

    /**
     * It waits behind others: what came inline moves to the heap, so that no receive is held up by calls that may need receives to go on.
     * On the loop, before its dispatch.
     */
    void waits() {
        synchronized (this) {
            if (receiveBuffer == null) {
                return;
            }
            message = copy(Integer.MAX_VALUE);
        }
        releaseMemory();
    }

    private ByteBuffer copy(int keep) {
        int length = Math.min(keep, message.limit());
        return ByteBuffer.allocate(length).put(0, message, 0, length);
    }

    /** Empty without memory for it: the program does not get the call then, and what the call holds is free all the same. */
    private ByteBuffer copyIfThereIsRoom() {
        try {
            return copy(Integer.MAX_VALUE);
        } catch (OutOfMemoryError e) {
            return EMPTY;
        }
    }

    /**
     * Gives the memory back; {@link #message()} must not be touched any more, but by a dispatch that runs in another thread. Idempotent,
     * any thread.
     */
    public void releaseMemory() {
        ReceiveBuffer buffer;
        Regbuf regbuf;
        synchronized (this) {
            if (running != null && running != Thread.currentThread()) {
                releaseDue = true;
                return;
            }
            buffer = receiveBuffer;
            regbuf = sink;
            receiveBuffer = null;
            sink = null;
        }
        if (buffer != null) {
            buffer.release();
        }
        if (regbuf != null) {
            regbuf.release();
        }
    }

    /**
     * The connection has ended: whoever may still want the message finds it outside of the pools. What a running dispatch sees goes when
     * that returns. Small memory that is lent stays with the program until it replies.
     */
    void connectionEnded() {
        Regbuf left = null;
        synchronized (this) {
            if (running != null || receiveBuffer == null && sink == null) {
                return;
            }
            if (sink != null && sink.isForgettable()) {
                left = sink;
                sink = null;
            } else if (lent) {
                return;
            } else {
                message = copyIfThereIsRoom();
            }
        }
        if (left != null) {
            left.forget();
        }
        releaseMemory();
    }

    /** Whether nothing of it is held any more. */
    synchronized boolean isOver() {
        return receiveBuffer == null && sink == null;
    }

    // ---- its end

    /** What it is for, as its latency is shown; before it is answered. */
    public void operation(Operation value) {
        operation = value;
    }

    /** Counts which way its answer goes. */
    void replyPath(XprtCounter path) {
        connection.counters().increment(path);
        kind = path.problem() ? null : kind.and(path.kind());
        if (event != null) {
            event.replyPath = path.label();
        }
    }

    /**
     * It is over; once.
     *
     * @param replyBytes 0 when there is no reply
     */
    void record(int replyBytes) {
        if (replyBytes > 0 && kind != null) {
            connection.counters().latencies().record(Side.SERVED, kind, operation, System.nanoTime() - begun, length + replyBytes);
        }
        if (event != null) {
            event.remote = connection.remoteAddress().toString();
            event.xid = xid;
            event.replyBytes = replyBytes;
            event.commit();
        }
    }

    /** Answers ERR_CHUNK because a Read chunk moves what may not be moved [41]; the call's memory is free then. Any thread, once. */
    public void refuse() {
        if (answer()) {
            releaseMemory();
            responder.refused(this);
        }
    }

    /** Gives up on it without an answer: the connection cannot be kept in step then and is closed [36]. */
    public void discard() {
        if (answer()) {
            releaseMemory();
            record(0);
            responder.discarded(this);
        }
    }
}
