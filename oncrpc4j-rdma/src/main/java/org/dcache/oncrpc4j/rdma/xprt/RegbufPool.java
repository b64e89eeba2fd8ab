// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.MemoryRegion;
import org.dcache.oncrpc4j.rdma.verbs.VerbsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All regbufs of one adapter (kernel: {@code rpcrdma_regbuf_alloc} and friends).
 *
 * <p>Memory is direct, comes in slabs that are registered once and kept until the pool closes, and is handed out in size classes, last in
 * first out, so that warm memory is used again. The budget bounds the slabs. Any thread may acquire and release; no call blocks
 * on anything but a short lock, except that a new slab is allocated and registered by the thread that needs it, which is
 * never a loop: loops use {@link #tryAcquire} for sinks, whose waiters are served in turn.
 */
public final class RegbufPool implements AutoCloseable {

    /** Smallest class: one Send of the default inline threshold. */
    private static final int MIN_SHIFT = 12;

    private static final int MAX_SHIFT = 30;

    /** Up to this class several buffers share one slab. */
    private static final int SLAB_SHIFT = 18;

    /** Classes above this have room for headers beside a power of two of data. */
    private static final int ROOMY_SHIFT = 17;

    private static final int ROOM = 16 << 10;

    /** From this size on an item's copies are counted. */
    private static final int BULK = 1 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(RegbufPool.class);

    private final Adapter adapter;
    private final long budget;
    private final Counters counters;
    private final List<ArrayDeque<Regbuf>> free = new ArrayList<>();
    private final Set<RegbufSlab> slabs = Collections.newSetFromMap(new IdentityHashMap<>());
    /** Slabs of which nothing is in use. */
    private int unusedSlabs;
    private long allocated;
    private long inUse;
    private boolean closed;
    private volatile Runnable onRelease;
    private final AtomicBoolean refusalLogged = new AtomicBoolean();

    public RegbufPool(Adapter adapter, long budget, Counters counters) {
        this.adapter = adapter;
        this.budget = budget;
        this.counters = counters;
        for (int shift = MIN_SHIFT; shift <= MAX_SHIFT; shift++) {
            free.add(new ArrayDeque<>());
        }
    }

    /**
     * A buffer of at least this size. Beyond the budget it is memory for one use, counted: on the heap, or where that cannot be used registered for this
     * once. Not on a loop.
     */
    public Regbuf acquire(int size) {
        Regbuf regbuf = tryAcquire(size);
        if (regbuf != null) {
            return regbuf;
        }
        counters.increment(XprtCounter.REGBUF_HARDWAY);
        return takesHeap() ? heap(size) : registeredOnce(size);
    }

    /** Without a registration if the system refuses one; the provider then ends the connection that it is posted to, and says why. */
    private Regbuf registeredOnce(int size) {
        ByteBuffer memory = ByteBuffer.allocateDirect(size);
        Regbuf regbuf;
        try {
            regbuf = new Regbuf(this, null, memory, adapter.register(memory));
        } catch (VerbsException e) {
            refused(e);
            regbuf = new Regbuf(this, null, memory, null);
        }
        regbuf.acquired();
        return regbuf;
    }

    /** Each is counted; one is enough for an admin to know what to raise. */
    private void refused(Throwable problem) {
        counters.increment(XprtCounter.REGBUF_REGISTRATION_FAILED);
        if (!refusalLogged.getAndSet(true)) {
            LOG.warn("there is no more registered memory, calls wait, take slower ways or fail: {}", problem.getMessage());
        }
    }

    /** Memory on the heap, used once: what lies in it may be given to the application as it is. Only where any memory can be exposed. */
    Regbuf heap(int size) {
        Regbuf heap = new Regbuf(this, null, ByteBuffer.allocate(size), null);
        heap.acquired();
        return heap;
    }

    /** Whether the adapter can work with heap memory. */
    boolean takesHeap() {
        return adapter.capabilities().anyMemory();
    }

    /** A buffer of at least this size, or null when the budget does not allow it now. May register memory, so not on a loop unless that costs nothing. */
    public Regbuf tryAcquire(int size) {
        Regbuf regbuf = tryFree(size);
        return regbuf != null ? regbuf : grow(classOf(size));
    }

    /** A buffer of at least this size that lies ready, or null. Registers nothing. */
    Regbuf tryFree(int size) {
        Regbuf regbuf;
        synchronized (this) {
            regbuf = free.get(classOf(size)).pollLast();
            if (regbuf == null) {
                return null;
            }
            taken(regbuf);
        }
        regbuf.acquired();
        return regbuf;
    }

    private void taken(Regbuf regbuf) {
        RegbufSlab slab = regbuf.slab();
        unusedSlabs -= slab.isUnused() ? 1 : 0;
        slab.unused--;
        inUse += regbuf.capacity();
    }

    /** The first buffer of a new slab; null when there is no room for one. Registers and unregisters outside the lock: loops wait for that. */
    private Regbuf grow(int sizeClass) {
        int size = sizeOf(sizeClass + MIN_SHIFT);
        int buffers = Math.max(1, (1 << SLAB_SHIFT) / size);
        int bytes = buffers * size;
        List<RegbufSlab> victims = new ArrayList<>(0);
        boolean reserved;
        synchronized (this) {
            reserved = reserve(sizeClass, bytes, victims);
        }
        victims.forEach(slab -> slab.region().close());
        if (!reserved) {
            return null;
        }
        MemoryRegion region;
        try {
            region = adapter.register(ByteBuffer.allocateDirect(bytes));
        } catch (VerbsException | OutOfMemoryError e) {
            refused(e);
            synchronized (this) {
                allocated -= bytes;
            }
            return null;
        }
        RegbufSlab slab = new RegbufSlab(region, bytes, sizeClass, buffers);
        slab.unused = buffers;
        Regbuf first = new Regbuf(this, slab, region.memory().slice(0, size), region);
        synchronized (this) {
            if (!closed) {
                slabs.add(slab);
                unusedSlabs++;
                for (int i = 1; i < buffers; i++) {
                    free.get(sizeClass).addLast(new Regbuf(this, slab, region.memory().slice(i * size, size), region));
                }
                taken(first);
                first.acquired();
                return first;
            }
        }
        region.close();
        return null;
    }

    private boolean reserve(int sizeClass, int bytes, List<RegbufSlab> victims) {
        while (!closed && allocated + bytes > budget) {
            RegbufSlab victim = evict(sizeClass);
            if (victim == null) {
                break;
            }
            victims.add(victim);
        }
        if (closed || allocated + bytes > budget) {
            return false;
        }
        allocated += bytes;
        return true;
    }

    /** Gives up one slab of another class of which nothing is in use, that of the largest buffers first; null when there is none. */
    private RegbufSlab evict(int wantedClass) {
        if (unusedSlabs == 0) {
            return null;
        }
        RegbufSlab victim = null;
        for (RegbufSlab slab : slabs) {
            if (slab.sizeClass() != wantedClass && slab.isUnused() && (victim == null || slab.sizeClass() > victim.sizeClass())) {
                victim = slab;
            }
        }
        if (victim == null) {
            return null;
        }
        RegbufSlab unused = victim;
        free.get(unused.sizeClass()).removeIf(regbuf -> regbuf.slab() == unused);
        slabs.remove(unused);
        unusedSlabs--;
        allocated -= unused.bytes();
        return unused;
    }

    void put(Regbuf regbuf) {
        RegbufSlab slab = regbuf.slab();
        if (slab == null) {
            regbuf.unregister();
            return;
        }
        synchronized (this) {
            inUse -= regbuf.capacity();
            slab.unused++;
            unusedSlabs += slab.isUnused() ? 1 : 0;
            free.get(slab.sizeClass()).addLast(regbuf);
        }
        Runnable listener = onRelease;
        if (listener != null) {
            listener.run();
        }
    }

    /** The buffer's slab leaves the pool; its memory lives as long as somebody refers to it. */
    void forget(Regbuf regbuf) {
        RegbufSlab slab = regbuf.slab();
        if (slab == null) {
            regbuf.unregister();
            return;
        }
        counters.increment(XprtCounter.REGBUF_FORGOTTEN);
        synchronized (this) {
            inUse -= regbuf.capacity();
            allocated -= slab.bytes();
            slabs.remove(slab);
        }
        slab.region().close();
        Runnable listener = onRelease;
        if (listener != null) {
            listener.run();
        }
    }

    /** Runs whenever memory becomes free, on the releasing thread; must be quick. For {@link SinkQueue}. */
    void onRelease(Runnable listener) {
        onRelease = listener;
    }

    /** A data item was copied from or to the application's memory; small ones are not counted. */
    public void copied(int bytes) {
        if (bytes >= BULK) {
            counters.add(XprtCounter.BULK_BYTES_COPIED, bytes);
        }
    }

    /** Bytes that this pool may ever hold. */
    public long budget() {
        return budget;
    }

    /** Bytes handed out at this moment, of pooled memory. */
    public synchronized long inUse() {
        return inUse;
    }

    /** Bytes of all slabs. */
    public synchronized long allocated() {
        return allocated;
    }

    /** Unregisters the slabs. Call it when every connection of the adapter has ended and nothing is handed out. */
    @Override
    public void close() {
        List<RegbufSlab> all;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            all = new ArrayList<>(slabs);
            slabs.clear();
        }
        all.forEach(slab -> slab.region().close());
    }

    private static int sizeOf(int shift) {
        return shift >= ROOMY_SHIFT && shift < MAX_SHIFT ? (1 << shift) + ROOM : 1 << shift;
    }

    private static int classOf(int size) {
        if (size < 0 || size > 1 << MAX_SHIFT) {
            throw new IllegalArgumentException("buffer of " + size + " bytes");
        }
        int shift = Math.max(MIN_SHIFT, 32 - Integer.numberOfLeadingZeros(Math.max(0, size - 1)));
        if (shift - 1 >= ROOMY_SHIFT && size <= sizeOf(shift - 1)) {
            shift--;
        }
        return shift - MIN_SHIFT;
    }
}
