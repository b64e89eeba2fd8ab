// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets at most half of the server's threads work on the data of one file. Who comes when they are all at work leaves his call here and his
 * thread is free for other files; the next thread that is done with the file takes it over. So a file that hangs, on a broken disk or a
 * file system in user space, does not take all threads with it, unless there is one alone. Calls that wait are bounded by the credits of
 * their connections; over TCP nothing bounds them, here as little as in the queue of the threads. Any thread.
 */
final class Turns {

    private static final Logger LOG = LoggerFactory.getLogger(Turns.class);

    private final int atOnce;
    private final Map<Object, File> files = new HashMap<>();

    private static final class File {

        private int threads;
        private final Queue<Runnable> waiting = new ArrayDeque<>();
    }

    /** @param threads of the server */
    Turns(int threads) {
        this.atOnce = Math.max(1, threads / 2);
    }

    /**
     * @param key of the file
     * @param call run now, or later by another thread
     */
    void take(Object key, Runnable call) {
        if (!begun(key, call)) {
            return;
        }
        for (Runnable next = call; next != null; next = next(key)) {
            try {
                next.run();
            } catch (RuntimeException | Error e) {
                LOG.error("a call has failed, and so has its answer", e);
            }
        }
    }

    private synchronized boolean begun(Object key, Runnable call) {
        File file = files.computeIfAbsent(key, any -> new File());
        if (file.threads == atOnce) {
            file.waiting.add(call);
            return false;
        }
        file.threads++;
        return true;
    }

    /** Null if nobody waits; the calling thread is then done with the file. */
    private synchronized Runnable next(Object key) {
        File file = files.get(key);
        Runnable next = file.waiting.poll();
        if (next == null && --file.threads == 0) {
            files.remove(key);
        }
        return next;
    }
}
