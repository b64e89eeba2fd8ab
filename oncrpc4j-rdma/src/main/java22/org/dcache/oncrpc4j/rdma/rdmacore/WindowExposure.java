// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import org.dcache.oncrpc4j.rdma.rdmacore.device.ControlThreads;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Device;
import org.dcache.oncrpc4j.rdma.rdmacore.device.ExposedMemory;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Windows;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;

/**
 * Memory reached through a window of type 2: bound by a work request chained before the Send that names it, valid for this queue pair only,
 * ended by a local invalidation in the same send queue, or by freeing the window on a control thread where the device takes an invalidation
 * that comes late for an error (soft RoCE); that waits until its bind has been posted. The window's key byte goes up at each binding, so
 * that a key from an earlier call is worth nothing.
 *
 * <p>The peer may invalidate it while our own invalidation is on its way. The memory is free then, the window is not: if it were bound
 * again before the device comes to our invalidation, that would name a key that the window does not have any more, which is an error and
 * ends the connection. So it is given back when the invalidation has completed.
 */
final class WindowExposure extends RdmaCoreExposure {

    /** How often to look whether the bind has been posted. */
    private static final long LOOK_MILLIS = 5;

    private final Windows windows;
    private final ControlThreads control;
    private final Device device;
    private final Access access;
    private final WorkRequest bind = new WorkRequest().bind(this);
    private final WorkRequest invalidation = new WorkRequest().bind(this).signaled(true);
    // guarded by this
    private long window;
    /** The invalidation is posted, or about to be, and has not completed. */
    private boolean invalidating;

    private volatile boolean queued;
    /** The device was given the bind, and the window has its key. */
    private volatile boolean given;

    WindowExposure(RdmaCoreQueuePair queuePair, ControlThreads control, Device device, Windows windows, long window, ExposedMemory memory,
            Access access) {
        super(queuePair, memory, nextKey(Memory.getInt(window + VerbsLayout.Mw.RKEY)));
        this.control = control;
        this.device = device;
        this.windows = windows;
        this.window = window;
        this.access = access;
    }

    /** ibv_inc_rkey of infiniband/verbs.h: the last byte counts, the rest names the window. */
    private static int nextKey(int key) {
        return key & ~0xff | key + 1 & 0xff;
    }

    @Override
    public WorkRequest bindRequest() {
        return bind;
    }

    /** The bind is in the send queue's hands. */
    void queued() {
        queued = true;
    }

    boolean isInvalidation(WorkRequest request) {
        return request == invalidation;
    }

    /** Fills in the request that binds; the window still has the key before this one, which rxe compares. Under the send queue's lock. */
    void writeBind(long wr) {
        given = true;
        Memory.putInt(wr + VerbsLayout.SendWr.OPCODE, VerbsLayout.SendWr.BIND);
        Memory.putLong(wr + VerbsLayout.SendWr.BIND_MW, window);
        Memory.putInt(wr + VerbsLayout.SendWr.BIND_RKEY, stag());
        Memory.putLong(wr + VerbsLayout.SendWr.BIND_MR, memory().region().handle(device));
        Memory.putLong(wr + VerbsLayout.SendWr.BIND_ADDR, memory().address());
        Memory.putLong(wr + VerbsLayout.SendWr.BIND_LENGTH, memory().length());
        Memory.putInt(wr + VerbsLayout.SendWr.BIND_ACCESS, access == Access.REMOTE_READ ? VerbsLayout.Mr.REMOTE_READ
                : VerbsLayout.Mr.REMOTE_WRITE);
    }

    @Override
    boolean isUnused() {
        return !queued;
    }

    @Override
    void beginEnd() {
        if (!device.toleratesLateInvalidation()) {
            control.execute(this::freeWindow);
        } else if (beginInvalidation()) {
            queuePair.postSendOfMany(invalidation);
        }
    }

    /** @return false when the peer was quicker */
    private synchronized boolean beginInvalidation() {
        invalidating = window != 0;
        return invalidating;
    }

    /** The invalidation is done, or will never be, since the connection has ended. Loop, or a thread that posts after the end. */
    void invalidationCompleted(boolean ok) {
        boolean late;
        synchronized (this) {
            invalidating = false;
            late = isOver();
        }
        if (late) {
            freeHandle();
        } else if (ok) {
            ended();
        }
    }

    /** Control thread: when no thread is about to give the window to the device. */
    private void freeWindow() {
        if (queuePair.isOnItsWay(bind)) {
            control.later(LOOK_MILLIS, this::freeWindow);
        } else {
            detach();
            queuePair.loop().execute(this::ended);
        }
    }

    @Override
    synchronized void detach() {
        if (window != 0) {
            windows.discard(window);
            window = 0;
            device.holds().give();
        }
    }

    @Override
    synchronized void freeHandle() {
        if (window != 0 && !invalidating) {
            if (given) {
                // Its key from now on. ibv_bind_mw writes it when the bind is posted, but by then the window may be another's already:
                // the peer may have answered, and invalidated it. A bind that only waited when its connection ended changed nothing.
                Memory.putInt(window + VerbsLayout.Mw.RKEY, stag());
            }
            windows.giveBack(window);
            window = 0;
            device.holds().give();
        }
    }
}
