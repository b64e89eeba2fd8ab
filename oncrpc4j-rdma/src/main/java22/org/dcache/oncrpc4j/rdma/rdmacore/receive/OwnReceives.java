// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.receive;

import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Device;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.CompletionQueue;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.PooledReceive;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.ReceivePool;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.ReceiveQueue;

/**
 * The receive queue of one queue pair: posts buffers of a {@link ReceivePool} in chains, one native call each. Any thread posts; its loop
 * takes the completions. What does not fit the device's queue, or finds no buffer, waits and is posted as soon as it can be.
 *
 * <p>After {@link #stop} nothing is posted. {@link #drop} gives back what the device had, when the queue pair is destroyed.
 */
public final class OwnReceives implements ReceiveQueue {

    private final ReceivePool pool;
    private final int depth;
    private final Runnable failed;
    private final ReentrantLock lock = new ReentrantLock();
    private final PostedReceives posted;
    private long wanted;
    private long qp;
    private boolean stopped;
    private boolean dropped;

    /** @param failed when the device refuses a receive; on any thread, must only pass on */
    public OwnReceives(Device device, ReceivePool pool, int depth, Counters counters, Runnable failed) {
        this.pool = pool;
        this.depth = depth;
        this.failed = failed;
        posted = new PostedReceives(pool, depth, (first, bad) -> device.calls().postRecv(qp, first, bad), this::retry, counters);
    }

    @Override
    public long shared() {
        return 0;
    }

    @Override
    public int depth() {
        return depth;
    }

    @Override
    public int mostCompletions() {
        return depth;
    }

    @Override
    public int toReserve(int receives) {
        return Math.min(receives, depth);
    }

    @Override
    public void open(long queuePair, int receives) {
        qp = queuePair;
        post(receives);
    }

    @Override
    public void post(int count) {
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
            posted.awake();
            ok = pump();
        } finally {
            lock.unlock();
        }
        if (!ok) {
            failed.run();
        }
    }

    private boolean pump() {
        if (stopped) {
            return true;
        }
        int before = posted.count();
        int errno = posted.post(wanted);
        wanted -= posted.count() - before;
        return errno == 0;
    }

    @Override
    public PooledReceive completed(long wrId) {
        PooledReceive buffer;
        boolean ok;
        lock.lock();
        try {
            buffer = posted.take(wrId);
            ok = wanted == 0 || pump();
        } finally {
            lock.unlock();
        }
        if (!ok) {
            failed.run();
        }
        return buffer;
    }

    @Override
    public void unused(PooledReceive buffer) {
        pool.giveBack(buffer);
    }

    @Override
    public void stop() {
        lock.lock();
        stopped = true;
        lock.unlock();
    }

    /** It is the device's own flushing that says so. */
    @Override
    public void lastReached() {}

    @Override
    public boolean isDrained() {
        lock.lock();
        try {
            return posted.count() == 0;
        } finally {
            lock.unlock();
        }
    }

    /** The buffers are not the device's any more once the queue pair is destroyed. */
    @Override
    public void takeBack(CompletionQueue completions) {}

    @Override
    public void queuePairGone(CompletionQueue completions) {}

    @Override
    public void drop() {
        List<PooledReceive> left;
        lock.lock();
        try {
            if (dropped) {
                return;
            }
            dropped = true;
            stopped = true;
            left = posted.close();
        } finally {
            lock.unlock();
        }
        left.forEach(pool::giveBack);
    }
}
