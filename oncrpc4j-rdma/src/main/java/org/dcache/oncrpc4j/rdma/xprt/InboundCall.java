// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.metrics.jfr.Recorder;
import org.dcache.oncrpc4j.rdma.metrics.jfr.ServedCallEvent;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;

/**
 * A call that came in, whole, in pooled memory: its receive buffer, or the sink that its Read chunks were pulled into.
 *
 * <p>Belongs to whoever dispatches it. Its memory is valid until {@link #releaseMemory()}; it is answered or discarded exactly once, later
 * attempts are refused.
 */
public final class InboundCall {

    private static final int OPEN = 0;
    private static final int ANSWERED = 1;

    private final RdmaConnection connection;
    private final int xid;
    /** Null when the call brought no chunks for its reply. */
    private final RdmaHeader chunks;
    /** Null when the call brought no Read chunks; sorted by position. */
    private final RdmaHeader reads;
    private final boolean invalidate;
    private final int invalidateStag;
    private final ByteBuffer message;
    private ReceiveBuffer receiveBuffer;
    private Regbuf sink;
    private final AtomicInteger state = new AtomicInteger(OPEN);
    /** Null when nobody records served calls. */
    private final ServedCallEvent event = Recorder.servedCall();

    /** @param path which way it came; is counted */
    InboundCall(XprtCounter path, RdmaConnection connection, int xid, RdmaHeader chunks, RdmaHeader reads, boolean invalidate, int invalidateStag,
            ByteBuffer message, ReceiveBuffer receiveBuffer, Regbuf sink) {
        this.connection = connection;
        this.xid = xid;
        this.chunks = chunks;
        this.reads = reads;
        this.invalidate = invalidate;
        this.invalidateStag = invalidateStag;
        this.message = message;
        this.receiveBuffer = receiveBuffer;
        this.sink = sink;
        connection.counters().increment(path);
        if (event != null) {
            event.callPath = path.label();
            event.callBytes = message.remaining();
        }
    }

    public RdmaConnection connection() {
        return connection;
    }

    public int xid() {
        return xid;
    }

    /** The unreduced RPC message from the xid on, big-endian, position 0. */
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

    /** Whether nobody has answered or discarded it yet. */
    public boolean isOpen() {
        return state.get() == OPEN;
    }

    boolean answer() {
        return state.compareAndSet(OPEN, ANSWERED);
    }

    /** Gives the call's memory back; its {@link #message()} must not be touched any more. Idempotent, any thread. */
    public void releaseMemory() {
        ReceiveBuffer buffer;
        Regbuf regbuf;
        synchronized (this) {
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

    /** Counts which way its answer goes. */
    void replyPath(XprtCounter path) {
        connection.counters().increment(path);
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
            connection.responder().refused(this);
        }
    }

    /** Gives up on it without an answer: the connection cannot be kept in step then and is closed [36]. */
    public void discard() {
        if (answer()) {
            releaseMemory();
            record(0);
            connection.responder().discarded();
        }
    }
}
