// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.util.concurrent.locks.ReentrantLock;
import org.dcache.oncrpc4j.rdma.metrics.Counters;

/**
 * The receive queue of one queue pair: posts buffers of a {@link ReceivePool} in chains, one native call each. Any thread posts; its loop takes the completions. What does not fit the
 * device's queue, or finds no buffer, waits and is posted as soon as it can be.
 *
 * <p>After {@link #stop} nothing is posted. {@link #drop} gives back what the device had, when the queue pair is destroyed.
 */
final class ReceiveQueue {

    /** Bit of wr_id that tells receives from sends. */
    static final long RECEIVE = 1L << 62;

    private static final int BATCH = 16;
    private static final int STRIDE = VerbsLayout.RecvWr.SIZE + VerbsLayout.Sge.SIZE;

    private final Device device;
    private final ReceivePool pool;
    private final Counters counters;
    private final Runnable failed;
    private final ReentrantLock lock = new ReentrantLock();
    private final Memory.Block requests = new Memory.Block((long) BATCH * STRIDE + 8);
    private final PooledReceive[] posted;
    private final int[] freeSlots;
    private final Runnable retry = this::retry;
    private int freeCount;
    private long wanted;
    private long qp;
    private boolean waiting;
    private boolean stopped;

    /** @param failed when the device refuses a receive; on any thread, must only pass on */
    ReceiveQueue(Device device, ReceivePool pool, int depth, Counters counters, Runnable failed) {
        this.device = device;
        this.pool = pool;
        this.counters = counters;
        this.failed = failed;
        posted = new PooledReceive[depth];
        freeSlots = new int[depth];
        for (int i = 0; i < depth; i++) {
            freeSlots[freeCount++] = depth - 1 - i;
        }
    }

    /** The queue pair exists. */
    void open(long queuePair) {
        qp = queuePair;
    }

    void post(int count) {
        boolean ok;
        lock.lock();
        try {
            wanted += count;
            ok = pump();
        } finally {
            lock.unlock();
        }
        if (!ok) {
            failed.run();
        }
    }

    private void retry() {
        boolean ok;
        lock.lock();
        try {
            waiting = false;
            ok = pump();
        } finally {
            lock.unlock();
        }
        if (!ok) {
            failed.run();
        }
    }

    private boolean pump() {
        while (wanted > 0 && freeCount > 0 && !stopped) {
            int n = 0;
            long wr = requests.address();
            while (n < BATCH && wanted > n && freeCount > 0) {
                PooledReceive buffer = pool.take();
                if (buffer == null) {
                    break;
                }
                int slot = freeSlots[--freeCount];
                posted[slot] = buffer;
                write(requests.address() + (long) n * STRIDE, slot, buffer);
                n++;
            }
            if (n == 0) {
                if (!waiting) {
                    waiting = true;
                    pool.await(retry);
                }
                return true;
            }
            Memory.putLong(wr + (long) (n - 1) * STRIDE + VerbsLayout.RecvWr.NEXT, 0);
            wanted -= n;
            counters.increment(RdmaCoreCounter.POST_RECV_CALLS);
            counters.add(RdmaCoreCounter.RECEIVES_POSTED, n);
            if (device.calls().postRecv(qp, wr, requests.address() + (long) BATCH * STRIDE) != 0) {
                // Those that were not posted stay in their slots until the end, which is near.
                return false;
            }
        }
        return true;
    }

    private void write(long wr, int slot, PooledReceive buffer) {
        long sge = wr + VerbsLayout.RecvWr.SIZE;
        Memory.putLong(wr + VerbsLayout.RecvWr.WR_ID, RECEIVE | slot);
        Memory.putLong(wr + VerbsLayout.RecvWr.NEXT, wr + STRIDE);
        Memory.putLong(wr + VerbsLayout.RecvWr.SG_LIST, sge);
        Memory.putInt(wr + VerbsLayout.RecvWr.NUM_SGE, 1);
        Memory.putLong(sge + VerbsLayout.Sge.ADDR, buffer.address());
        Memory.putInt(sge + VerbsLayout.Sge.LENGTH, pool.size());
        Memory.putInt(sge + VerbsLayout.Sge.LKEY, buffer.localKey());
    }

    /** Loop: the buffer of a completion. */
    PooledReceive completed(long wrId) {
        lock.lock();
        try {
            int slot = (int) wrId;
            PooledReceive buffer = posted[slot];
            posted[slot] = null;
            freeSlots[freeCount++] = slot;
            if (wanted > 0) {
                pump();
            }
            return buffer;
        } finally {
            lock.unlock();
        }
    }

    /** Loop: puts a buffer back that no message came in. */
    void unused(PooledReceive buffer) {
        pool.giveBack(buffer);
    }

    /** From now on nothing is posted. */
    void stop() {
        lock.lock();
        stopped = true;
        lock.unlock();
    }

    /** Whether the device has given everything back. */
    boolean isDrained() {
        lock.lock();
        try {
            return freeCount == posted.length;
        } finally {
            lock.unlock();
        }
    }

    /** The queue pair is destroyed, or was never made. */
    void drop() {
        lock.lock();
        try {
            stopped = true;
            for (int i = 0; i < posted.length; i++) {
                if (posted[i] != null) {
                    pool.giveBack(posted[i]);
                    posted[i] = null;
                }
            }
            freeCount = 0;
            requests.close();
        } finally {
            lock.unlock();
        }
    }
}
