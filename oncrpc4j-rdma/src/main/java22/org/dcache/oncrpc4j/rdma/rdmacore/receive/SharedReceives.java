// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.receive;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Errno;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.PooledReceive;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.ReceivePool;
import org.dcache.oncrpc4j.rdma.verbs.error.DeviceErrorException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/**
 * A shared receive queue with the buffers that are posted to it. Connections join it on control threads before their queue pair is made,
 * and leave it when that is destroyed; the last that leaves destroys it, so that nothing of it is left when all connections of a device are
 * gone. Any loop takes a completion's buffer, and posts what is missing by {@link ReceiveBudget} at once, before any handler sees the
 * message: nobody waits for a handler but its own connection.
 *
 * <p>All native calls are made under the lock, so none comes after the destruction. {@link Member#receivesFailed} runs outside it. Where
 * the pool has no buffer at the moment, posting goes on when it has grown.
 */
final class SharedReceives {

    /** A connection on the queue. */
    interface Member {
        /** The queue is broken; the connection must end. Any thread; must only pass on. */
        void receivesFailed(VerbsException cause);
    }

    private final SharedQueue queue;
    private final ReceivePool pool;
    private final Counters counters;
    private final ReentrantLock lock = new ReentrantLock();
    private final ReceiveBudget budget;
    private final PostedReceives posted;
    private final Set<Member> members = new LinkedHashSet<>();
    private boolean armed;
    private boolean closed;
    private VerbsException problem;

    /** @param budget for as much as the queue can hold */
    SharedReceives(SharedQueue queue, ReceivePool pool, ReceiveBudget budget, Counters counters) {
        this.queue = queue;
        this.pool = pool;
        this.budget = budget;
        this.counters = counters;
        this.posted = new PostedReceives(pool, budget.capacity(), queue::post, this::retry, counters);
        counters.increment(RdmaCoreCounter.SRQ_MADE);
    }

    /** struct ibv_srq. */
    long address() {
        return queue.address();
    }

    ReceivePool pool() {
        return pool;
    }

    /** Receives that it can hold, and so the most that can be completed and not be taken yet. */
    int capacity() {
        return budget.capacity();
    }

    /** @return false when it takes no more connections; another queue must be made */
    boolean join(Member member) {
        lock.lock();
        try {
            if (closed || problem != null || !budget.admit()) {
                return false;
            }
            members.add(member);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** How many would be posted for so many more messages. */
    int missingWith(int count) {
        lock.lock();
        try {
            return budget.missingWith(count, posted.count());
        } finally {
            lock.unlock();
        }
    }

    /** Any thread: so many more messages may come for one of the connections. */
    void grant(int count) {
        VerbsException failure;
        lock.lock();
        try {
            budget.grant(count);
            failure = pump();
        } finally {
            lock.unlock();
        }
        tell(failure);
    }

    /** Control: asks the device to say when it runs low, where it may. */
    void watch() {
        VerbsException failure;
        lock.lock();
        try {
            if (!closed && problem == null && !armed && budget.canRunLow()) {
                armed = true;
                if (queue.arm(budget.low()) != 0) {
                    budget.growFully();
                }
            }
            failure = pump();
        } finally {
            lock.unlock();
        }
        tell(failure);
    }

    /** Control: the device says that it ran low. */
    void ranLow() {
        lock.lock();
        try {
            armed = false;
            if (!closed && budget.grow()) {
                counters.increment(RdmaCoreCounter.SRQ_GROWN);
            }
        } finally {
            lock.unlock();
        }
        watch();
    }

    private void retry() {
        VerbsException failure;
        lock.lock();
        try {
            posted.awake();
            failure = pump();
        } finally {
            lock.unlock();
        }
        tell(failure);
    }

    /** @return what went wrong just now */
    private VerbsException pump() {
        if (closed || problem != null) {
            return null;
        }
        int errno = posted.post(budget.missing(posted.count()));
        return errno == 0 ? null
                : broken(new DeviceErrorException("the device refused a receive for the shared receive queue: " + Errno.text(errno)));
    }

    private VerbsException broken(VerbsException cause) {
        if (problem != null || closed) {
            return null;
        }
        problem = cause;
        counters.increment(RdmaCoreCounter.SRQ_FAILED);
        return cause;
    }

    /** Any thread: the device says that the queue is broken. */
    void failed(VerbsException cause) {
        VerbsException failure;
        lock.lock();
        try {
            failure = broken(cause);
        } finally {
            lock.unlock();
        }
        tell(failure);
    }

    private void tell(VerbsException failure) {
        if (failure == null) {
            return;
        }
        List<Member> all;
        lock.lock();
        try {
            all = List.copyOf(members);
        } finally {
            lock.unlock();
        }
        all.forEach(member -> member.receivesFailed(failure));
    }

    /** Whoever polls the connection's completions: the buffer of one. @param credited whether the message was within its credits */
    PooledReceive take(long wrId, boolean credited) {
        PooledReceive buffer;
        VerbsException failure;
        lock.lock();
        try {
            buffer = posted.take(wrId);
            if (credited) {
                budget.use();
            }
            failure = pump();
        } finally {
            lock.unlock();
        }
        tell(failure);
        return buffer;
    }

    /**
     * Control: a connection's queue pair is destroyed, or was never made.
     *
     * @param left credits that its peer did not use
     * @param inDoubt whether the queue pair may have taken a receive with it
     */
    void leave(Member member, long left, boolean inDoubt) {
        List<PooledReceive> buffers = List.of();
        VerbsException failure = null;
        lock.lock();
        try {
            if (!members.remove(member)) {
                return;
            }
            budget.leave(left, inDoubt);
            if (members.isEmpty()) {
                closed = true;
                queue.destroy();
                buffers = posted.close();
            } else if (inDoubt) {
                counters.increment(RdmaCoreCounter.SRQ_MADE_UP);
                failure = pump();
            }
        } finally {
            lock.unlock();
        }
        buffers.forEach(pool::giveBack);
        tell(failure);
    }

    /** Whether nobody is on it any more. */
    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }
}
