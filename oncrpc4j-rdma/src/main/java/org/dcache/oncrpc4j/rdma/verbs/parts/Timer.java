// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

/** A task that runs once at its time, unless it is cancelled before; made by {@link LoopWork#schedule}. Loop thread only. */
public final class Timer implements Comparable<Timer> {

    /** Of {@link System#nanoTime}. */
    final long at;
    /** Null once it is cancelled. */
    Runnable task;

    Timer(long at, Runnable task) {
        this.at = at;
        this.task = task;
    }

    /** Its task will not run; nothing happens if it has. */
    public void cancel() {
        task = null;
    }

    /** The order of their times, which may wrap. */
    @Override
    public int compareTo(Timer other) {
        return Long.compare(at - other.at, 0);
    }
}
