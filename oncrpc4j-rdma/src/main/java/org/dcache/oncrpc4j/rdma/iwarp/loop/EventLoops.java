// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.loop;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * The event loops of the process, shared by all adapters: started with the first, ended with the last, so that no thread and no class
 * loader outlives its use. Any thread.
 */
public final class EventLoops {

    private static EventLoop[] loops;
    private static int users;
    private static final AtomicInteger NEXT = new AtomicInteger();

    private EventLoops() {}

    /**
     * Counts one more user.
     *
     * @param count loops to start if there are none yet
     * @param spinNanos how long these look at their sockets before they sleep
     * @return all loops, for {@link #next}
     */
    public static EventLoop[] acquire(int count, long spinNanos) {
        return acquire(count, name -> new EventLoop(name, spinNanos));
    }

    /**
     * All or none: what was started is ended when a later loop cannot be, for want of descriptors or threads, and the next user begins
     * anew.
     */
    static synchronized EventLoop[] acquire(int count, Function<String, EventLoop> maker) {
        if (users == 0) {
            EventLoop[] made = new EventLoop[count];
            try {
                for (int i = 0; i < count; i++) {
                    made[i] = maker.apply("rdma-iwarp-loop-" + i);
                }
            } catch (RuntimeException | Error e) {
                stop(made);
                throw e;
            }
            loops = made;
        }
        users++;
        return loops;
    }

    private static void stop(EventLoop[] some) {
        for (EventLoop loop : some) {
            if (loop != null) {
                loop.stop();
            }
        }
    }

    /** The loop for a new connection or listener: each in turn. */
    public static EventLoop next(EventLoop[] loops) {
        return loops[Math.floorMod(NEXT.getAndIncrement(), loops.length)];
    }

    /** Counts one user less; the last one waits for the threads to end. */
    public static void release() {
        EventLoop[] ended = null;
        synchronized (EventLoops.class) {
            if (--users == 0) {
                ended = loops;
                loops = null;
            }
        }
        if (ended != null) {
            stop(ended);
        }
    }
}
