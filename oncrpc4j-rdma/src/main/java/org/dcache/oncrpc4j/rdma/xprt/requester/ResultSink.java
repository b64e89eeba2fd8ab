// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.requester;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.xprt.link.Link;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.memory.RegbufPool;

/**
 * Memory of ours that a reply's data is written to: one Write chunk or the Reply chunk.
 *
 * <p>With a provider that exposes lazily it costs nothing until the peer writes, and then grows with what arrives ({@link ResultMemory}).
 * Around the data of a Write chunk there is room for the inline parts of the reply, so that the message can be put together without moving
 * the data.
 *
 * <p>The data of a Write chunk is what the application asked for. Where the provider can place into heap memory, it lies there, so that the
 * application can have it without one more copy; a Reply chunk is decoded in parts and lies in pooled memory, and so does large data that
 * is only borrowed ({@link ReplyListener#borrows}).
 *
 * <p>Nobody ever sees in it what it held before: a provider that places by itself says what the peer has written ({@link #written}), and no
 * more than that is a reply; where a device places, what is left of earlier use is zeroed before the peer may write.
 *
 * <p>Exposed by the calling thread, filled by the provider, read and released on the loop after the fence.
 */
final class ResultSink implements MemorySource {

    /**
     * Kept free before and behind the data of a Write chunk, bytes. What stands around the data of an NFS READ takes 130 to 500, attributes
     * and a GSS verifier included; a reply with more is put together elsewhere.
     */
    private static final int ROOM = 1024;

    /** Smaller pooled memory has neighbours in its slab, so that it cannot be left to a handler that has not decoded it: it is copied. */
    private static final int BORROWED_FROM = 64 << 10;

    /** A result that needs more than it has gets so many times as much. */
    private static final int GROWTH = 4;

    private final Link connection;
    private final ResultMemory results;
    private final int headRoom;
    private final int length;
    private final int tailRoom;
    private final boolean ofWriteChunk;
    private final boolean forApplication;
    private Regbuf regbuf;
    /** Whether {@link ResultMemory} knows of it. */
    private boolean counted;
    private Exposure exposure;
    private int stag;
    private long offset;

    private ResultSink(Link connection, ResultMemory results, int headRoom, int length, int tailRoom, boolean ofWriteChunk,
            boolean borrowed) {
        this.connection = connection;
        this.results = results;
        this.headRoom = headRoom;
        this.length = length;
        this.tailRoom = tailRoom;
        this.ofWriteChunk = ofWriteChunk;
        this.forApplication = ofWriteChunk && !borrowed;
    }

    /**
     * For a Write chunk, with room on both sides for a reply that comes in {@code inline} bytes.
     *
     * @param borrowed whether large data may lie in pooled memory, since it is only looked at until that is released
     * @param ready memory of {@link #bytesOfWriteChunk} that is the sink's from here on, or null
     */
    static ResultSink ofWriteChunk(Link connection, ResultMemory results, int inline, int length, boolean borrowed, Regbuf ready) {
        int room = Math.min(inline, ROOM);
        ResultSink sink = new ResultSink(connection, results, room, length, room, true, borrowed && length >= BORROWED_FROM);
        if (ready != null) {
            ready.zeroStale();
            sink.regbuf = ready;
        }
        return sink;
    }

    /** What it takes. */
    static int bytesOfWriteChunk(int inline, int length) {
        return length + 2 * Math.min(inline, ROOM);
    }

    static ResultSink ofReplyChunk(Link connection, ResultMemory results, int length) {
        return new ResultSink(connection, results, 0, length, 0, false, false);
    }

    /** Where the peer finds it. */
    void exposed(Exposure as) {
        exposure = as;
        stag = as.stag();
        offset = as.offset();
    }

    /** Whether a segment with these words is the one that was offered. */
    boolean isAt(int handle, long address) {
        return handle == stag && address == offset;
    }

    @Override
    public int length() {
        return length;
    }

    /** All of it, without what it held before. */
    @Override
    public synchronized ByteBuffer memory() {
        if (regbuf == null) {
            RegbufPool pool = connection.device().regbufs();
            int bytes = headRoom + length + tailRoom;
            regbuf = forApplication && pool.takesHeap() ? pool.heap(bytes) : pool.acquire(bytes);
            regbuf.zeroStale();
        }
        return regbuf.view(headRoom, length);
    }

    @Override
    public synchronized ByteBuffer memory(int upTo) throws ResourceLimitException {
        int room = room();
        if (regbuf == null || room < upTo) {
            int wanted = regbuf != null ? (int) Math.max(upTo, Math.min(length, (long) room * GROWTH))
                    : results.first(upTo, ofWriteChunk ? length : Math.min(length, results.longReply()));
            Regbuf larger = results.take(headRoom + wanted + tailRoom, forApplication && connection.device().regbufs().takesHeap());
            if (regbuf != null) {
                larger.memory().put(headRoom, regbuf.memory(), headRoom, room);
                release();
            }
            regbuf = larger;
            counted = true;
        }
        return regbuf.view(headRoom, room());
    }

    /** How much of its length there is memory for. */
    private int room() {
        return regbuf == null ? 0 : Math.min(length, regbuf.capacity() - headRoom - tailRoom);
    }

    int headRoom() {
        return headRoom;
    }

    /** How many bytes from the start hold what the peer wrote, or zeros of ours. After the fence. */
    synchronized int written() {
        if (regbuf == null) {
            return 0;
        }
        int known = exposure.written();
        return known == Exposure.UNKNOWN ? length : known;
    }

    /** The memory, or null when the peer wrote nothing. */
    synchronized Regbuf regbuf() {
        return regbuf;
    }

    /**
     * Leaves the memory to the caller.
     *
     * @param used how many of the bytes from its start on hold something now
     */
    synchronized Regbuf take(int used) {
        regbuf.holds(used);
        return take();
    }

    private synchronized Regbuf take() {
        Regbuf taken = regbuf;
        regbuf = null;
        if (counted) {
            counted = false;
            results.left(taken);
        }
        return taken;
    }

    void release() {
        Regbuf taken = take();
        if (taken != null) {
            taken.release();
        }
    }
}
