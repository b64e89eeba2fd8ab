// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import com.ibm.disni.verbs.IbvCQ;
import com.ibm.disni.verbs.IbvCompChannel;
import com.ibm.disni.verbs.IbvContext;
import com.ibm.disni.verbs.IbvWC;
import com.ibm.disni.verbs.SVCPollCq;
import com.ibm.disni.verbs.SVCReqNotify;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopThread;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The loop of a number of queue pairs: one completion queue for all their work, with its channel, as many queue pairs as it has room for.
 *
 * <p>"On the loop" means: holding its lock. Two threads do that in turn. One waits in the system for completions and cannot be woken by us, since DiSNI
 * keeps the channel's descriptor to itself; so that tasks need not wait for it, the other one runs them. A channel for several completion queues is no
 * way either: DiSNI does not say which one an event is of, and each must be told its own number of events before it can be destroyed.
 */
final class Poller {

    private static final Logger LOG = LoggerFactory.getLogger(Poller.class);

    /** Entries wished for, and what is good enough where the device has less. */
    private static final int MOST = (1 << 16) - 1;
    private static final int LEAST = 255;

    private static final int BATCH = 64;
    private static final int WAIT_MILLIS = 100;
    private static final Runnable LAST = () -> {};

    private final ReentrantLock loop = new ReentrantLock(true);
    private final IbvCompChannel channel;
    private final IbvCQ cq;
    private final int capacity;
    private final IbvWC[] entries = new IbvWC[BATCH];
    private final SVCPollCq poll;
    private final SVCReqNotify arm;
    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final LoopThread poller;
    private final LoopThread worker;
    /** By the upper half of their work requests' identifiers. On the loop. */
    private final Map<Integer, DisniQueuePair> members = new HashMap<>();

    // guarded by tasks
    private boolean closed;

    // guarded by this
    private int reserved;
    private int lastId;

    Poller(IbvContext context, String name) throws IOException {
        this.channel = context.createCompChannel();
        IbvCQ made = null;
        int size = MOST;
        while (made == null) {
            try {
                made = context.createCQ(channel, size, 0);
            } catch (IOException e) {
                size >>= 1;
                if (size < LEAST) {
                    channel.destroyCompChannel();
                    throw e;
                }
            }
        }
        this.cq = made;
        this.capacity = size;
        for (int i = 0; i < BATCH; i++) {
            entries[i] = new IbvWC();
        }
        this.poll = cq.poll(entries, BATCH);
        this.arm = cq.reqNotification(false);
        this.poller = thread(this::poll, name + " completions");
        this.worker = thread(this::work, name + " tasks");
    }

    private static LoopThread thread(Runnable body, String name) {
        LoopThread thread = new LoopThread("rdma-disni " + name, body, null);
        thread.start();
        return thread;
    }

    IbvCQ cq() {
        return cq;
    }

    /** Room for the work of one queue pair; false when there is none. */
    synchronized boolean reserve(int requests) {
        if (reserved + requests > capacity && reserved > 0) {
            return false;
        }
        reserved += requests;
        return true;
    }

    synchronized void release(int requests) {
        reserved -= requests;
    }

    /** A number for a queue pair, never 0. */
    synchronized int nextId() {
        return ++lastId & 0x7fff_ffff;
    }

    boolean inLoop() {
        return loop.isHeldByCurrentThread();
    }

    /** Runs a task on the loop, in order. False when the poller is closed. */
    boolean execute(Runnable task) {
        synchronized (tasks) {
            return !closed && tasks.add(task);
        }
    }

    /** On the loop. */
    void add(int id, DisniQueuePair queuePair) {
        members.put(id, queuePair);
    }

    /** On the loop; completions that come later are nobody's. */
    void remove(int id) {
        members.remove(id);
    }

    private void work() {
        for (Runnable task = take(); task != LAST; task = take()) {
            loop.lock();
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.error("a task failed", e);
            } finally {
                loop.unlock();
            }
        }
    }

    private Runnable take() {
        while (true) {
            try {
                return tasks.take();
            } catch (InterruptedException e) {
                // Nobody of ours interrupts it; its end is the last task.
                LOG.debug("interrupted", e);
            }
        }
    }

    private void poll() {
        boolean more = true;
        while (more) {
            try {
                armed();
                drain();
                if (channel.getCqEvent(cq, WAIT_MILLIS)) {
                    cq.ackEvents(1);
                }
            } catch (IOException e) {
                LOG.error("completions cannot be fetched", e);
                more = false;
            }
            synchronized (tasks) {
                more &= !closed;
            }
        }
    }

    private void armed() throws IOException {
        loop.lock();
        try {
            arm.execute();
        } finally {
            loop.unlock();
        }
    }

    /** Handles what has completed, a batch at a time so that tasks get their turn. */
    void drain() {
        int found = BATCH;
        while (found > 0) {
            loop.lock();
            try {
                found = poll.execute().getPolls();
                for (int i = 0; i < found; i++) {
                    DisniQueuePair member = members.get((int) (entries[i].getWr_id() >>> 32));
                    if (member != null) {
                        member.completed(entries[i]);
                    }
                }
            } catch (IOException e) {
                LOG.error("completions cannot be fetched", e);
                return;
            } finally {
                loop.unlock();
            }
        }
    }

    /** Ends the threads, then the queue. Call it when no queue pair is left, and on neither thread. */
    void close() throws IOException {
        synchronized (tasks) {
            closed = true;
            tasks.add(LAST);
        }
        worker.awaitEnd();
        poller.awaitEnd();
        poll.free();
        arm.free();
        cq.destroyCQ();
        channel.destroyCompChannel();
    }
}
