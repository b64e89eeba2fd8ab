// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.rdmacore.device.ExposedMemory;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;

/**
 * Memory that the peer of one connection may reach, by a window or a region of its own. Its queue pair knows it from {@link Exposures#add}
 * on until it is over.
 *
 * <p>It ends in one of four ways: never used, and revoked; revoked, and fenced when the device has done so; invalidated by the peer's Send;
 * with its queue pair. Whichever comes first makes it over, frees its memory and runs the fences that wait. Its own monitor guards the
 * state and is held for moves only.
 */
abstract class RdmaCoreExposure implements Exposure {

    final RdmaCoreQueuePair queuePair;
    private final ExposedMemory memory;
    private final int stag;
    private boolean over;
    private boolean ending;
    private List<Runnable> fences;

    RdmaCoreExposure(RdmaCoreQueuePair queuePair, ExposedMemory memory, int stag) {
        this.queuePair = queuePair;
        this.memory = memory;
        this.stag = stag;
    }

    @Override
    public final int stag() {
        return stag;
    }

    @Override
    public final long offset() {
        return memory.address();
    }

    @Override
    public final int length() {
        return memory.length();
    }

    final ExposedMemory memory() {
        return memory;
    }

    @Override
    public final boolean revoke(Runnable fenced) {
        boolean begin;
        boolean unused;
        synchronized (this) {
            if (over) {
                return true;
            }
            begin = !ending;
            ending = true;
            unused = begin && isUnused();
            if (unused) {
                over = true;
            } else {
                if (fences == null) {
                    fences = new ArrayList<>(1);
                }
                fences.add(fenced);
            }
        }
        if (unused) {
            free();
            return true;
        }
        if (begin) {
            beginEnd();
        }
        return false;
    }

    /** Whether the peer can no longer reach it. */
    final synchronized boolean isOver() {
        return over;
    }

    private void free() {
        queuePair.exposures().remove(this);
        memory.release();
        freeHandle();
    }

    /** Loop: the peer can no longer reach it: fenced, or invalidated by the peer. */
    final void ended() {
        List<Runnable> ready;
        synchronized (this) {
            if (over) {
                return;
            }
            over = true;
            ready = fences;
            fences = null;
        }
        free();
        if (ready != null) {
            ready.forEach(Runnable::run);
        }
    }

    /**
     * Control thread: its queue pair is in the error state and will be destroyed next; what {@link #freeHandle} does is done here in its
     * place.
     */
    abstract void detach();

    /** Whether the peer never could reach it. */
    abstract boolean isUnused();

    /** Starts to take the peer's access away; {@link #ended} follows. Any thread. */
    abstract void beginEnd();

    /** Gives the window or the region back, if {@link #detach} has not. Any thread; nobody can reach the memory any more. */
    abstract void freeHandle();
}
