// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.memory;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.MemoryRegion;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All regbufs of one adapter (kernel: {@code rpcrdma_regbuf_alloc} and friends).
 *
 * <p>Memory is direct, comes in slabs that are registered once and kept until the pool closes or others need their share of the budget, and
 * is handed out in size classes, last in first out, so that warm memory is used again. The device's budget bounds the slabs.
 *
 * <p>Any thread may acquire and release. A loop never waits for more than a short lock: to allocate a slab may mean a garbage collection
 * and sleeping, to register it a system call, so a loop gets what lies ready, and the helper thread makes more. It is asked when few
 * buffers of a class that shares slabs are left, while there is plenty of budget, and when a loop has found none. A loop that found none
 * takes heap memory for one use, and where the adapter cannot take that for what is posted, waits ({@link SinkQueue}) or goes on elsewhere
 * ({@link org.dcache.oncrpc4j.rdma.xprt.link.OffLoopQueue}). All other threads make the slab that they need themselves. The first slabs
 * are there before the first connection ({@link #prepare}).
 *
 * <p>When memory cannot be had it is counted and logged once; nothing stays reserved.
 */
public final class RegbufPool implements AutoCloseable {

    /** Smallest class: one Send of a small message. */
    private static final int MIN_SHIFT = 12;

    private static final int MAX_SHIFT = 30;

    /** Up to this class several buffers share one slab. */
    private static final int SLAB_SHIFT = 18;

    /** Classes above this have room for headers beside a power of two of data. */
    private static final int ROOMY_SHIFT = 17;

    private static final int ROOM = 16 << 10;

    private static final int NO_CLASS = -1;

    /** From this size on an item's copies are counted. */
    private static final int BULK = 1 << 10;

    /** A JVM at its limit of direct memory collects garbage and waits for half a second before it says so: not at every call. */
    private static final long PAUSE_NANOS = 2_000_000_000L;

    /** Of each class: with so few buffers left the next slab is asked for; 0 where each buffer is a slab of its own. */
    private static final int[] LOW_WATER = new int[MAX_SHIFT - MIN_SHIFT + 1];

    static {
        for (int shift = MIN_SHIFT; shift <= MAX_SHIFT; shift++) {
            LOW_WATER[shift - MIN_SHIFT] = buffersOf(sizeOf(shift)) / 4;
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(RegbufPool.class);

    private final Adapter adapter;
    private final MemoryBudget budget;
    private final Counters counters;
    private final List<ArrayDeque<Regbuf>> free = new ArrayList<>();
    private final Executor helper;
    private final Set<RegbufSlab> slabs = Collections.newSetFromMap(new IdentityHashMap<>());
    /** Slabs of which nothing is in use. */
    private int unusedSlabs;
    private long allocated;
    private long inUse;
    private boolean closed;
    private volatile Runnable onRelease;
    /** One bit for each class that the helper has been asked to grow. */
    private int growing;
    private volatile long pauseEnd = System.nanoTime();
    private final AtomicBoolean refusalLogged = new AtomicBoolean();

    /** @param helper runs what may block, off the loops; it may reject a task, which is asked for again when the next buffer is wanted */
    public RegbufPool(Adapter adapter, MemoryBudget budget, Counters counters, Executor helper) {
        this.adapter = adapter;
        this.helper = helper;
        this.budget = budget;
        this.counters = counters;
        for (int shift = MIN_SHIFT; shift <= MAX_SHIFT; shift++) {
            free.add(new ArrayDeque<>());
        }
        budget.reclaimer(() -> giveUpOne(NO_CLASS));
    }

    /** Makes the first slab of this size's class, if there is room. Not on a loop. */
    public void prepare(int size) {
        add(classOf(size), false);
    }

    /**
     * A buffer of at least this size. Beyond the budget, and on a loop when none lies ready, it is memory for one use, counted: on the
     * heap, or where that cannot be used registered for this once. So on a loop only with an adapter that takes heap memory.
     */
    public Regbuf acquire(int size) {
        Regbuf regbuf = tryAcquire(size);
        if (regbuf != null) {
            return regbuf;
        }
        counters.increment(HelperThread.isLoop() ? XprtCounter.REGBUF_NOT_READY : XprtCounter.REGBUF_HARDWAY);
        return takesHeap() ? heap(size) : registeredOnce(size);
    }

    /**
     * A buffer of at least this size that is never given to the adapter, or copied first: so it may lie on the heap with any adapter. Any
     * thread.
     */
    public Regbuf acquireUnsent(int size) {
        Regbuf regbuf = tryAcquire(size);
        if (regbuf != null) {
            return regbuf;
        }
        counters.increment(HelperThread.isLoop() ? XprtCounter.REGBUF_NOT_READY : XprtCounter.REGBUF_HARDWAY);
        return heap(size);
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
    public Regbuf heap(int size) {
        Regbuf heap = new Regbuf(this, null, ByteBuffer.allocate(size), null);
        heap.acquired();
        return heap;
    }

    /** Whether the adapter can work with heap memory. */
    public boolean takesHeap() {
        return adapter.capabilities().anyMemory();
    }

    /** Whether a loop may be the first to post memory of this pool on a connection. */
    public boolean registersAhead() {
        return adapter.capabilities().registersAhead();
    }

    /** A buffer of at least this size, or null when the budget does not allow it now; on a loop, when none lies ready. Any thread. */
    public Regbuf tryAcquire(int size) {
        Regbuf regbuf = tryFree(size);
        if (regbuf != null || HelperThread.isLoop()) {
            return regbuf;
        }
        return grow(classOf(size));
    }

    /** A buffer of at least this size that lies ready, or null. Never blocks. */
    public Regbuf tryFree(int size) {
        int sizeClass = classOf(size);
        Regbuf regbuf;
        int left;
        synchronized (this) {
            ArrayDeque<Regbuf> ready = free.get(sizeClass);
            regbuf = ready.pollLast();
            if (regbuf != null) {
                taken(regbuf);
            }
            left = ready.size();
        }
        if (left <= LOW_WATER[sizeClass] && (regbuf == null || left == LOW_WATER[sizeClass])) {
            growAhead(sizeClass, regbuf == null);
        }
        if (regbuf != null) {
            regbuf.acquired();
        }
        return regbuf;
    }

    /** Asks the helper for a slab: for a loop that found nothing, or while there is plenty of budget for those who will come. */
    private void growAhead(int sizeClass, boolean needed) {
        if (needed ? !HelperThread.isLoop() : LOW_WATER[sizeClass] == 0 || budget.used() > budget.limit() / 2) {
            return;
        }
        synchronized (this) {
            if (closed || (growing & 1 << sizeClass) != 0) {
                return;
            }
            growing |= 1 << sizeClass;
        }
        try {
            helper.execute(() -> {
                try {
                    if (add(sizeClass, needed)) {
                        told();
                    }
                } finally {
                    grown(sizeClass);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("nobody makes a slab ahead", e);
            grown(sizeClass);
        }
    }

    private synchronized void grown(int sizeClass) {
        growing &= ~(1 << sizeClass);
    }

    private void told() {
        Runnable listener = onRelease;
        if (listener != null) {
            listener.run();
        }
    }

    private void taken(Regbuf regbuf) {
        RegbufSlab slab = regbuf.slab();
        unusedSlabs -= slab.isUnused() ? 1 : 0;
        slab.unused--;
        inUse += regbuf.capacity();
    }

    /** A buffer of a new slab; null when there is no room for one. */
    private Regbuf grow(int sizeClass) {
        Regbuf regbuf = null;
        while (regbuf == null) {
            if (!add(sizeClass, true)) {
                return null;
            }
            // Somebody else may have been quicker.
            synchronized (this) {
                regbuf = free.get(sizeClass).pollLast();
                if (regbuf != null) {
                    taken(regbuf);
                }
            }
        }
        regbuf.acquired();
        return regbuf;
    }

    /**
     * Makes a slab. Allocates, registers and unregisters outside the lock: loops wait for that.
     *
     * @param evicting whether unused slabs of other classes are given up for it
     * @return false when there is no room for one
     */
    private boolean add(int sizeClass, boolean evicting) {
        int size = sizeOf(sizeClass + MIN_SHIFT);
        int buffers = buffersOf(size);
        int bytes = buffers * size;
        if (System.nanoTime() - pauseEnd < 0) {
            return false;
        }
        while (!budget.tryReserve(bytes)) {
            if (!evicting || !giveUpOne(sizeClass)) {
                return false;
            }
        }
        boolean added = false;
        MemoryRegion region = null;
        try {
            region = adapter.register(ByteBuffer.allocateDirect(bytes));
            RegbufSlab slab = new RegbufSlab(region, bytes, sizeClass, buffers);
            slab.unused = buffers;
            List<Regbuf> fresh = new ArrayList<>(buffers);
            for (int i = 0; i < buffers; i++) {
                fresh.add(new Regbuf(this, slab, region.memory().slice(i * size, size), region));
            }
            synchronized (this) {
                if (!closed) {
                    // First, since there may be no memory for it.
                    slabs.add(slab);
                    added = true;
                    allocated += bytes;
                    unusedSlabs++;
                    free.get(sizeClass).addAll(fresh);
                }
            }
        } catch (VerbsException e) {
            refused(e);
        } catch (OutOfMemoryError e) {
            pauseEnd = System.nanoTime() + PAUSE_NANOS;
            refused(e);
        } finally {
            if (!added) {
                budget.release(bytes);
                if (region != null) {
                    region.close();
                }
            }
        }
        return added;
    }

    /** Gives an unused slab of another class back to the budget; false when there is none. */
    private boolean giveUpOne(int wantedClass) {
        RegbufSlab victim;
        synchronized (this) {
            victim = closed ? null : evict(wantedClass);
        }
        if (victim == null) {
            return false;
        }
        victim.region().close();
        budget.release(victim.bytes());
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
        told();
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
        budget.release(slab.bytes());
        told();
    }

    /** Runs whenever memory becomes free, on the releasing thread; must be quick. For {@link SinkQueue}. */
    void onRelease(Runnable listener) {
        onRelease = listener;
    }

    /** The adapter's. */
    public Counters counters() {
        return counters;
    }

    /** A data item was copied from or to the application's memory; small ones are not counted. */
    public void copied(int bytes) {
        if (bytes >= BULK) {
            counters.add(XprtCounter.BULK_BYTES_COPIED, bytes);
        }
    }

    /** Bytes that this pool may ever hold. */
    public long budget() {
        return budget.limit();
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
        for (RegbufSlab slab : all) {
            slab.region().close();
            budget.release(slab.bytes());
        }
    }

    private static int buffersOf(int size) {
        return Math.max(1, (1 << SLAB_SHIFT) / size);
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
