// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;

/**
 * Memory of ours that a reply's data is written to: one Write chunk or the Reply chunk.
 *
 * <p>With a provider that exposes lazily it costs nothing until the peer writes. Around the data of a Write chunk there is room for the
 * inline parts of the reply, so that the message can be put together without moving the data.
 *
 * <p>The data of a Write chunk is what the application asked for. Where the provider can place into heap memory, it lies there, so that the application can
 * have it without one more copy; a Reply chunk is decoded in parts and lies in pooled memory.
 *
 * <p>Exposed by the calling thread, filled by the provider, read and released on the loop after the fence.
 */
final class ResultSink implements MemorySource {

    /**
     * Kept free before and behind the data of a Write chunk, bytes. What stands around the data of an NFS READ takes 130 to 500, attributes and a GSS verifier
     * included; a reply with more is put together elsewhere.
     */
    private static final int ROOM = 1024;

    private final RegbufPool pool;
    private final int headRoom;
    private final int length;
    private final int tailRoom;
    private final boolean forApplication;
    private Regbuf regbuf;

    private ResultSink(RegbufPool pool, int headRoom, int length, int tailRoom, boolean forApplication) {
        this.pool = pool;
        this.headRoom = headRoom;
        this.length = length;
        this.tailRoom = tailRoom;
        this.forApplication = forApplication;
    }

    /** For a Write chunk, with room on both sides for a reply that comes in {@code inline} bytes. */
    static ResultSink ofWriteChunk(RegbufPool pool, int inline, int length) {
        int room = Math.min(inline, ROOM);
        return new ResultSink(pool, room, length, room, true);
    }

    static ResultSink ofReplyChunk(RegbufPool pool, int length) {
        return new ResultSink(pool, 0, length, 0, false);
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public synchronized ByteBuffer memory() {
        if (regbuf == null) {
            regbuf = forApplication && pool.takesHeap() ? pool.heap(headRoom + length + tailRoom)
                    : pool.acquire(headRoom + length + tailRoom);
        }
        return regbuf.view(headRoom, length);
    }

    int headRoom() {
        return headRoom;
    }

    int tailRoom() {
        return tailRoom;
    }

    /** The memory, or null when the peer wrote nothing. */
    synchronized Regbuf regbuf() {
        return regbuf;
    }

    /** Leaves the memory to the caller. */
    synchronized Regbuf take() {
        Regbuf taken = regbuf;
        regbuf = null;
        return taken;
    }

    void release() {
        Regbuf taken = take();
        if (taken != null) {
            taken.release();
        }
    }
}
