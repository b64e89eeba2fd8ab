// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rdmacore.device.BouncePool;
import org.dcache.oncrpc4j.rdma.rdmacore.device.BouncePool.Bounce;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Device;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Regions;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Errno;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.DeviceErrorException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/**
 * The send queue of one queue pair. Any thread posts, and one at a time calls the device: who finds another at it leaves his chain to that
 * one and goes on, so nobody waits for a device that takes its time. Who has posted for long leaves the rest to the loop, and a loop that
 * takes completions may let a few of its own chains come together ({@link RdmaCoreQueuePair#postSendOfMany}). A chain becomes
 * one chain of the device, in one call as far as a batch and the queue's room go; what does not fit waits in order and is posted as
 * completions make room, and so does what must be copied to registered memory while none lies ready.
 *
 * <p>Requests are numbered; the number is their wr_id and tells their slot. A completion frees its request and the unsignalled ones before
 * it. Signalled are those whose poster wants it, and one in half a queue besides, so that unsignalled ones can never fill the queue for
 * good. On iWARP, where siw completes a Send before an earlier Read, each Read is signalled.
 *
 * <p>That a request is done is told at once when somebody waits for it ({@link #isPrompt}): its completion queue is armed before it is
 * posted. When half of the queue is in use the loop is asked once to see what is done.
 *
 * <p>From the return of {@link #stop} on nothing reaches the device any more; {@link #fail} gives back what is left when the queue pair is
 * destroyed and nobody touches the requests' memory any more.
 */
final class SendQueue {

    private static final int BATCH = 32;
    /** Calls into the device after which a thread leaves what others add to the loop. */
    private static final int TURN = 8;
    /** Chains that a loop lets come together at most, so that the first is not late. */
    private static final int TOGETHER = 8;
    /** Elements per request that we use; a message of the engine has one, a Write a few. */
    static final int MAX_ELEMENTS = 8;
    private static final int STRIDE = VerbsLayout.SendWr.SIZE + MAX_ELEMENTS * VerbsLayout.Sge.SIZE;

    /** Bytes of a request whose memory is wanted back as soon as may be. */
    private static final long LARGE = 64 << 10;

    private static final int NUMBER_MASK = 0x3fff_ffff;

    private final RdmaCoreQueuePair owner;
    private final Device device;
    private final BouncePool bounces;
    private final Counters counters;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition isPosted = lock.newCondition();
    private final Memory.Block memory;
    private final SendRequestWriter writer;
    private final WorkRequest[] slots;
    private final Bounce[] bounced;
    /** Whether the device will say itself that it is done. */
    private final boolean[] signaled;
    /** Whether somebody waits for it to be done. */
    private final boolean[] awaited;
    private final int depth;
    private final int mask;
    private long qp;

    // guarded by the lock; the numbers count requests since the start
    private long posted;
    private long completed;
    private long lastSignaled;
    private WorkRequest waiting;
    private WorkRequest lastWaiting;
    /** Chains since somebody last posted. */
    private int together;
    /** Requests under way for which somebody waits. */
    private int prompt;
    /** The loop was asked to look at completions, since half of the queue is in use. */
    private boolean asked;
    /** The first that waits is to be copied, and memory for it is being made. */
    private boolean copyWaits;
    /** A thread is posting, and the block of requests is its. While it is in the device it does not hold the lock. */
    private boolean posting;
    private boolean stopped;
    private boolean failed;

    SendQueue(RdmaCoreQueuePair owner, Device device, BouncePool bounces, Regions regions, int depth, Counters counters) {
        this.owner = owner;
        this.device = device;
        this.bounces = bounces;
        this.counters = counters;
        this.depth = depth;
        int ring = Integer.highestOneBit(Math.max(2, depth) * 2 - 1);
        mask = ring - 1;
        slots = new WorkRequest[ring];
        bounced = new Bounce[ring];
        signaled = new boolean[ring];
        awaited = new boolean[ring];
        memory = new Memory.Block((long) BATCH * STRIDE + 8);
        writer = new SendRequestWriter(device, regions, counters);
    }

    /** The queue pair exists. @param inline bytes that the device takes inside a request */
    void open(long queuePair, int inline) {
        qp = queuePair;
        writer.inline(inline);
    }

    /**
     * Any thread.
     *
     * @param more whether the loop is about to {@link #refill}, and others may come before that: then a few go out together
     */
    void post(WorkRequest chain, boolean more) {
        boolean late;
        VerbsException problem = null;
        lock.lock();
        try {
            late = failed;
            if (!late) {
                append(chain);
                together = more ? together + 1 : TOGETHER;
                problem = together < TOGETHER ? null : pump();
            }
        } finally {
            lock.unlock();
        }
        if (late) {
            owner.failLate(chain);
        } else if (problem != null) {
            owner.abort(problem);
        }
    }

    private void append(WorkRequest chain) {
        if (waiting == null) {
            waiting = chain;
        } else {
            lastWaiting.next(chain);
        }
        WorkRequest last = chain;
        mark(last);
        while (last.next() != null) {
            last = last.next();
            mark(last);
        }
        lastWaiting = last;
    }

    private static void mark(WorkRequest request) {
        if (request.opcode() == WorkRequest.Opcode.BIND) {
            ((WindowExposure) request.bound()).queued();
        }
    }

    /**
     * Posts what waits, as far as there is room, and what others add meanwhile; nothing when another thread does. Under the lock, which it
     * gives up while it is in the device.
     *
     * @return what went wrong, or null; the connection must end then
     */
    private VerbsException pump() {
        if (posting) {
            return null;
        }
        posting = true;
        together = 0;
        int calls = 0;
        try {
            while (waiting != null && !stopped && !copyWaits && calls < TURN) {
                int n = writeBatch();
                if (n == 0) {
                    return null;
                }
                int errno = callDevice(n);
                calls++;
                if (errno != 0) {
                    throw new DeviceErrorException("the device " + device.name() + " refused a work request: " + Errno.text(errno));
                }
            }
            if (calls == TURN && waiting != null || calls > 1 && !owner.isOpen()) {
                owner.postedMore();
            }
            return null;
        } catch (VerbsException e) {
            stopped = true;
            return e;
        } catch (RuntimeException | Error e) {
            stopped = true;
            return new DeviceErrorException("a work request could not be given to the device " + device.name() + ": " + e, e);
        } finally {
            posting = false;
            isPosted.signalAll();
        }
    }

    /** @return how many requests are ready for the device in the block; none when the first has to wait */
    private int writeBatch() throws VerbsException {
        int room = (int) Math.min(BATCH, depth - (posted - completed));
        if (room <= 0) {
            counters.increment(RdmaCoreCounter.SEND_QUEUE_FULL);
            return 0;
        }
        WorkRequest head = waiting;
        int n = 0;
        boolean arm = false;
        try {
            while (n < room && waiting != null) {
                WorkRequest request = waiting;
                long number = posted + n;
                int slot = (int) number & mask;
                if (writer.needsBounce(request)) {
                    bounced[slot] = bounces.poll(request.remaining());
                    if (bounced[slot] == null) {
                        copyWaits = true;
                        bounces.make(request.remaining(), this::bounceMade);
                        break;
                    }
                }
                boolean signal = request.isSignaled() || number - lastSignaled >= depth / 2
                        || device.isIwarp() && request.opcode() == WorkRequest.Opcode.RDMA_READ;
                signaled[slot] = signal;
                writer.write(memory.address() + (long) n * STRIDE, request, number & NUMBER_MASK, signal, bounced[slot]);
                if (signal) {
                    lastSignaled = number;
                }
                slots[slot] = request;
                awaited[slot] = isAwaited(request);
                if (awaited[slot]) {
                    prompt++;
                    arm = true;
                }
                waiting = request.next();
                n++;
            }
        } catch (VerbsException | RuntimeException | Error e) {
            for (int i = 0; i <= n; i++) {
                release((int) (posted + i) & mask);
            }
            waiting = head;
            throw e;
        }
        if (n > 0) {
            lastWaiting = waiting == null ? null : lastWaiting;
            posted += n;
            Memory.putLong(memory.address() + (long) (n - 1) * STRIDE + VerbsLayout.SendWr.NEXT, 0);
            if (arm) {
                owner.armSends();
            }
            if (isHalfFull() && !asked) {
                asked = true;
                owner.lookAtSends();
            }
        }
        return n;
    }

    /** @return 0, or an errno value */
    private int callDevice(int requests) {
        counters.increment(RdmaCoreCounter.POST_SEND_CALLS);
        counters.add(RdmaCoreCounter.WORK_REQUESTS, requests);
        lock.unlock();
        try {
            return device.calls().postSend(qp, memory.address(), memory.address() + (long) BATCH * STRIDE);
        } finally {
            lock.lock();
        }
    }

    /** Whether the request waits, or the device may not have come to it yet: nothing behind it is done. Any thread. */
    boolean isOnItsWay(WorkRequest request) {
        lock.lock();
        try {
            for (WorkRequest next = waiting; next != null; next = next.next()) {
                if (next == request) {
                    return true;
                }
            }
            for (long number = completed; number < posted; number++) {
                if (slots[(int) number & mask] == request) {
                    return true;
                }
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Loop: a completion with this wr_id came.
     *
     * @return its request; null if it is none of those under way
     */
    WorkRequest completed(long wrId) {
        lock.lock();
        try {
            long number = completed + ((wrId - completed) & NUMBER_MASK);
            if (number >= posted) {
                return null;
            }
            WorkRequest request = slots[(int) number & mask];
            release((int) number & mask);
            for (long i = completed; i < number; i++) {
                if (!signaled[(int) i & mask]) {
                    release((int) i & mask);
                }
            }
            while (completed < posted && slots[(int) completed & mask] == null) {
                completed++;
            }
            asked &= isHalfFull();
            return request;
        } finally {
            lock.unlock();
        }
    }

    private void release(int slot) {
        if (awaited[slot]) {
            awaited[slot] = false;
            prompt--;
        }
        slots[slot] = null;
        if (bounced[slot] != null) {
            bounces.giveBack(bounced[slot]);
            bounced[slot] = null;
        }
    }

    /** Loop, after a batch of completions: posts what waited for room. */
    void refill() {
        VerbsException problem;
        lock.lock();
        try {
            if (waiting == null) {
                return;
            }
            problem = pump();
        } finally {
            lock.unlock();
        }
        if (problem != null) {
            owner.abort(problem);
        }
    }

    /** Control thread: there is memory for the first that waits, or none to be had. */
    private void bounceMade(VerbsException refused) {
        VerbsException problem = refused;
        lock.lock();
        try {
            copyWaits = false;
            if (problem == null) {
                problem = pump();
            }
            stopped |= problem != null;
        } finally {
            lock.unlock();
        }
        if (problem != null) {
            owner.abort(problem);
        }
    }

    /** Somebody waits for a Read, for a fence, and for much memory. */
    private static boolean isAwaited(WorkRequest request) {
        return switch (request.opcode()) {
            case RDMA_READ -> true;
            case BIND -> ((WindowExposure) request.bound()).isInvalidation(request);
            default -> request.remaining() >= LARGE;
        };
    }

    private boolean isHalfFull() {
        return posted - completed >= depth / 2;
    }

    /** Whether the next completion is to be told at once. */
    boolean isPrompt() {
        lock.lock();
        try {
            return prompt > 0 || isHalfFull();
        } finally {
            lock.unlock();
        }
    }

    /** Whether everything that was posted has completed, unsignalled requests at the end of the queue aside. */
    boolean isIdle() {
        lock.lock();
        try {
            return waiting == null && lastWanted() < completed;
        } finally {
            lock.unlock();
        }
    }

    private long lastWanted() {
        return posted == 0 ? -1 : Math.min(lastSignaled, posted - 1);
    }

    /** Whether the device has completed or flushed all it had. */
    boolean isDrained() {
        lock.lock();
        try {
            return posted == completed;
        } finally {
            lock.unlock();
        }
    }

    /** From its return on nothing is given to the device: waits for who is in a call. Never called by a thread that is posting. */
    void stop() {
        lock.lock();
        try {
            stopped = true;
            while (posting) {
                isPosted.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Loop: the queue pair is destroyed. Everything left fails, in order, and what is posted from now on fails at once. */
    void fail() {
        WorkRequest left;
        long from;
        long to;
        stop();
        lock.lock();
        try {
            from = completed;
            to = posted;
            left = waiting;
            waiting = null;
        } finally {
            lock.unlock();
        }
        for (long i = from; i < to; i++) {
            WorkRequest request = slots[(int) i & mask];
            if (request != null) {
                release((int) i & mask);
                owner.completed(request, false);
            }
        }
        while (left != null || !close()) {
            if (left == null) {
                lock.lock();
                left = waiting;
                waiting = null;
                lock.unlock();
            }
            for (WorkRequest request = left; request != null; ) {
                WorkRequest following = request.next();
                owner.completed(request, false);
                request = following;
            }
            left = null;
        }
    }

    /** @return false when something was posted meanwhile */
    private boolean close() {
        lock.lock();
        try {
            if (waiting != null) {
                return false;
            }
            if (!failed) {
                failed = true;
                memory.close();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }
}
