// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
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
    private final boolean invalidate;
    private final int invalidateStag;
    private final ByteBuffer message;
    private ReceiveBuffer receiveBuffer;
    private Regbuf sink;
    private final AtomicInteger state = new AtomicInteger(OPEN);

    InboundCall(RdmaConnection connection, int xid, RdmaHeader chunks, boolean invalidate, int invalidateStag, ByteBuffer message,
            ReceiveBuffer receiveBuffer, Regbuf sink) {
        this.connection = connection;
        this.xid = xid;
        this.chunks = chunks;
        this.invalidate = invalidate;
        this.invalidateStag = invalidateStag;
        this.message = message;
        this.receiveBuffer = receiveBuffer;
        this.sink = sink;
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

    /** Gives up on it without an answer: the connection cannot be kept in step then and is closed [36]. */
    public void discard() {
        if (answer()) {
            releaseMemory();
            connection.responder().discarded();
        }
    }
}
