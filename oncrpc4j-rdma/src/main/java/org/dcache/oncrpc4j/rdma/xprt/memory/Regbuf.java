// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.memory;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dcache.oncrpc4j.rdma.verbs.MemoryRegion;

/**
 * A registered buffer (kernel: {@code struct rpcrdma_regbuf}): a piece of a slab that was registered once for its adapter.
 *
 * <p>One owner at a time: whoever acquired it, until {@link #release()}. Its memory never reaches the application; what the
 * application sees is copied out first. Only a regbuf that was made because the budget was used up lies on the heap, or is registered for
 * this one use, and goes to the garbage collector.
 */
public final class Regbuf {

    private static final byte[] ZEROS = new byte[16 << 10];

    private final RegbufPool pool;
    /** Null for memory for one use. */
    private final RegbufSlab slab;
    private final ByteBuffer memory;
    private final MemoryRegion region;
    private final AtomicBoolean out = new AtomicBoolean();
    /** How many bytes from the start may hold what a user left; the owner's. */
    private int stale;
    /** The same, at the end of the present use. */
    private int staleAfter;

    Regbuf(RegbufPool pool, RegbufSlab slab, ByteBuffer memory, MemoryRegion region) {
        this.pool = pool;
        this.slab = slab;
        this.region = region;
        this.memory = memory.order(ByteOrder.BIG_ENDIAN);
    }

    /** The whole buffer. Position and limit are the owner's to use; acquired with position 0 and limit = capacity. */
    public ByteBuffer memory() {
        return memory;
    }

    /** Null where memory needs no registration. */
    public MemoryRegion region() {
        return region;
    }

    /** Ends a registration for one use. */
    void unregister() {
        if (region != null) {
            region.close();
        }
    }

    /** Whether the memory is used again after its release; if not, it is the garbage collector's and may be kept by anybody. */
    public boolean isPooled() {
        return slab != null;
    }

    public int capacity() {
        return memory.capacity();
    }

    /** A view of a part, big-endian, position 0. */
    public ByteBuffer view(int offset, int length) {
        return memory.slice(offset, length).order(ByteOrder.BIG_ENDIAN);
    }

    RegbufSlab slab() {
        return slab;
    }

    void acquired() {
        if (!out.compareAndSet(false, true)) {
            throw new IllegalStateException("regbuf handed out twice");
        }
        stale = staleAfter;
        staleAfter = memory.capacity();
        memory.clear();
    }

    /** Clears what earlier users left, before a peer may write what the application will see. Costs nothing on fresh memory. */
    public void zeroStale() {
        for (int at = 0; at < stale; at += ZEROS.length) {
            memory.put(at, ZEROS, 0, Math.min(ZEROS.length, stale - at));
        }
    }

    /**
     * Nothing but so many bytes from the start on was written in this use, or what was written there is of no concern; the next use then
     * clears less.
     */
    public void holds(int bytes) {
        staleAfter = bytes;
    }

    /** Whether {@link #forget} is possible: it has a slab, or memory for one use, of its own. */
    public boolean isForgettable() {
        return slab == null || slab.isSingle();
    }

    /**
     * Leaves the memory to the garbage collector instead of giving it back, because somebody may keep looking at it. Instead of {@link
     * #release()}; only if {@link #isForgettable()}.
     */
    public void forget() {
        if (!out.compareAndSet(true, false)) {
            throw new IllegalStateException("regbuf released twice");
        }
        pool.forget(this);
    }

    /** Gives it back. Exactly once per acquisition, any thread; a second time is a fault of ours and throws. */
    public void release() {
        if (!out.compareAndSet(true, false)) {
            throw new IllegalStateException("regbuf released twice");
        }
        pool.put(this);
    }
}
