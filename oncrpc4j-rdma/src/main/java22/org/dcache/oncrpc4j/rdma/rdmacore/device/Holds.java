// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

/**
 * Counts what still uses something that is to end: from {@link #end} on nothing new begins, and when the last hold is given back it is
 * over, once. Any thread; the monitor is held for moves only, and the last task runs outside it, in the thread that made it over.
 */
public final class Holds {

    private int count;
    private boolean ended;
    private boolean over;
    private Runnable last;

    /** For new use. @return false from {@link #end} on; nothing is held then */
    public synchronized boolean begin() {
        return !ended && take();
    }

    /** For undoing what was made before. @return false when it is over; nothing is held then */
    synchronized boolean take() {
        if (over) {
            return false;
        }
        count++;
        return true;
    }

    /** Gives a hold back. */
    public void give() {
        Runnable task = null;
        synchronized (this) {
            if (count == 0) {
                throw new IllegalStateException("given back more often than taken");
            }
            count--;
            if (ended && count == 0 && !over) {
                over = true;
                task = last;
            }
        }
        if (task != null) {
            task.run();
        }
    }

    /**
     * Ends it.
     *
     * @param task runs when it is over; here, if nobody holds it
     * @return false when it was ended before; the task will not run then
     */
    public boolean end(Runnable task) {
        boolean now;
        synchronized (this) {
            if (ended) {
                return false;
            }
            ended = true;
            last = task;
            now = count == 0;
            over = now;
        }
        if (now) {
            task.run();
        }
        return true;
    }

    synchronized boolean isEnded() {
        return ended;
    }

    /** Whether it is ended and nobody holds it, or will. */
    synchronized boolean isOver() {
        return over;
    }
}
