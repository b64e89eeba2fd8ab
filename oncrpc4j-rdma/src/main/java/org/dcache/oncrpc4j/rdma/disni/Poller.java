// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import com.ibm.disni.verbs.IbvCQ;
import com.ibm.disni.verbs.IbvWC;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.error.DeviceErrorException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopThread;
import org.dcache.oncrpc4j.rdma.verbs.parts.TaskLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The loop of a number of queue pairs: one completion queue for all their work, with its channel, as many queue pairs as it has room for.
 *
 * <p>DiSNI keeps the channel's descriptor to itself, so a thread that waits for completions cannot be woken for a task: another thread
 * waits in the system and wakes the loop. After a completion the queue is polled for a while before that, so that a busy one needs neither
 * of the two wakings. A channel for several completion queues is no way: DiSNI does not say which one an event is of, and each must be told
 * its own number of events before it can be destroyed.
 *
 * <p>When completions cannot be taken any more, for whatever reason, the queue is given up: its members are told, its device takes no more
 * connections, and the loop goes on with tasks, so that everything on it can end.
 */
final class Poller extends TaskLoop {

    /** A connection on it. On the loop. */
    interface Member {
        /** Work of its completed. */
        void completed(IbvWC entry);

        /** That threw; the completions behind it are taken all the same. */
        void takingFailed(Throwable problem);

        /** Nothing completes any more. */
        void givenUp(VerbsException fault);
    }

    private static final Logger LOG = LoggerFactory.getLogger(Poller.class);

    private static final int WAIT_MILLIS = 100;
    /** How long the queue is polled after its last completion. */
    private static final long SPIN_NANOS = 30_000;

    private final Counters counters;
    private final String name;
    private final CompletionSource source;
    private final LoopThread watcher;
    private final Runnable rung = this::rung;
    private volatile boolean closing;
    private volatile DeviceErrorException fault;

    // of the loop
    /** By the upper half of their work requests' identifiers. */
    private final Map<Integer, Member> members = new HashMap<>();
    private boolean armed;
    private long lastBusy = System.nanoTime() - SPIN_NANOS;

    // guarded by this
    private int reserved;
    private int lastId;

    /** @param source given up with it, also when it cannot be made */
    Poller(CompletionSource source, String name, Counters counters) {
        super("rdma-disni " + name);
        this.source = source;
        this.name = name;
        this.counters = counters;
        this.watcher = LoopThread.of("rdma-disni " + name + " completions", this::watch, null);
        try {
            start();
            watcher.start();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    IbvCQ cq() {
        return source.cq();
    }

    /** @throws DeviceErrorException when it was given up */
    void check() throws DeviceErrorException {
        if (fault != null) {
            throw new DeviceErrorException("no more connections over " + name
                    + ", whose completion queue broke before; look at the log, and open the adapter anew", fault);
        }
    }

    /** Room for the work of one queue pair; false when there is none. */
    synchronized boolean reserve(int requests) {
        if (reserved + requests > source.capacity() && reserved > 0) {
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

    /** On the loop. */
    void add(int id, Member member) {
        members.put(id, member);
        if (fault != null) {
            member.givenUp(fault);
        }
    }

    /** On the loop; completions that come later are nobody's. */
    void remove(int id) {
        members.remove(id);
    }

    @Override
    protected boolean turn() {
        if (fault != null) {
            return false;
        }
        try {
            if (take() > 0) {
                lastBusy = System.nanoTime();
                return true;
            }
            if (System.nanoTime() - lastBusy < SPIN_NANOS) {
                Thread.onSpinWait();
                return true;
            }
            if (armed) {
                return false;
            }
            source.arm();
            armed = true;
            // What completed before the arming tells nobody.
            return take() > 0;
        } catch (Throwable e) {
            giveUp(e);
            return false;
        }
    }

    /** On the loop, in a task: handles what has completed up to now. */
    void drain() {
        try {
            int left = source.capacity();
            for (int found = take(); found > 0 && left > 0; found = take()) {
                left -= found;
            }
        } catch (Throwable e) {
            giveUp(e);
        }
    }

    private int take() throws IOException {
        if (fault != null) {
            return 0;
        }
        int found = source.poll();
        if (found < 0) {
            throw new IOException("ibv_poll_cq returned " + found);
        }
        for (int i = 0; i < found; i++) {
            IbvWC entry = source.taken(i);
            Member member = members.get((int) (entry.getWr_id() >>> 32));
            if (member != null) {
                try {
                    member.completed(entry);
                } catch (Throwable e) {
                    member.takingFailed(e);
                }
            }
        }
        return found;
    }

    private void giveUp(Throwable problem) {
        if (fault == null) {
            fault = new DeviceErrorException("completions of " + name + " cannot be taken any more: " + problem, problem);
            counters.increment(DisniCounter.LOOP_FAILED);
            LOG.error("{}; its {} connections end", fault.getMessage(), members.size(), problem);
            List.copyOf(members.values()).forEach(member -> member.givenUp(fault));
        }
    }

    private void rung() {
        armed = false;
    }

    private void watch() {
        try {
            while (!closing) {
                if (source.await(WAIT_MILLIS)) {
                    execute(rung);
                }
            }
        } catch (Throwable e) {
            execute(() -> giveUp(e));
        }
    }

    /** Ends the threads, then the queue. Call it when no queue pair is left, and on neither thread. */
    void close() {
        closing = true;
        watcher.awaitEnd();
        stop();
        source.destroy();
    }
}
