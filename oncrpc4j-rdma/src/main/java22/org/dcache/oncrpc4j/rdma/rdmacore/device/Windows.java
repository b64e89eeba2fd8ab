// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

import java.util.ArrayDeque;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Errno;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.NativeFunction;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;

/**
 * Memory windows of type 2 of one device that are not bound now. First in, first out, so that a key that was used comes up again as late as
 * possible. Any thread; making one is a short system call.
 */
public final class Windows {

    private final Device device;
    private final ArrayDeque<Long> free = new ArrayDeque<>();
    private boolean closed;

    public Windows(Device device) {
        this.device = device;
    }

    /** struct ibv_mw, not bound. */
    public long take() throws ResourceLimitException {
        synchronized (this) {
            Long window = free.pollFirst();
            if (window != null) {
                return window;
            }
        }
        long window = device.allocWindow();
        if (window == 0) {
            throw new ResourceLimitException("no more memory windows on " + device + ": " + Errno.text(NativeFunction.errno()));
        }
        return window;
    }

    /** How many are taken without a system call. */
    public synchronized int ready() {
        return free.size();
    }

    /** It is invalidated, or was never bound. */
    public void giveBack(long window) {
        synchronized (this) {
            if (!closed) {
                free.addLast(window);
                return;
            }
        }
        device.deallocWindow(window);
    }

    /** It may be bound, and its queue pair ends. Control thread. */
    public void discard(long window) {
        device.deallocWindow(window);
    }

    /** When no queue pair of the device is left. */
    public void close() {
        ArrayDeque<Long> left;
        synchronized (this) {
            closed = true;
            left = new ArrayDeque<>(free);
            free.clear();
        }
        left.forEach(device::deallocWindow);
    }
}
