// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.dcache.oncrpc4j.rdma.rdmacore.device.AsyncEvents;
import org.dcache.oncrpc4j.rdma.rdmacore.device.ControlThreads;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Device;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Regions;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Windows;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.Loop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hot removal of a device of an adapter that goes on (kernel: {@code rpcrdma_ia_remove}). Whoever hears of it first begins it: the
 * connection manager's event of any id on the device, the device's own event, or the look at the kernel's list. Connections and listeners
 * on it end; each connection drains its receive and send queue, and destroys queue pair, completion queue and id. When the last of them has
 * given its hold back, a control thread frees the rest in this order: the look at its events, completion channels, windows, memory regions,
 * domain, context. Memory that somebody still has stays memory; it is only not registered any more.
 */
final class DeviceRemoval {

    /** A member of the adapter that has something to end. A handshake has the connection manager's event. */
    interface OnDevice {
        /** The device is removed: what is on it ends itself. Any thread; may come for any device. */
        void deviceRemoved(Device device);
    }

    private static final Logger LOG = LoggerFactory.getLogger(DeviceRemoval.class);

    private final List<Loop> loops;
    private final List<Windows> windows;
    private final Regions regions;
    private final ControlThreads control;

    DeviceRemoval(List<Loop> loops, List<Windows> windows, Regions regions, ControlThreads control) {
        this.loops = loops;
        this.windows = windows;
        this.regions = regions;
        this.control = control;
    }

    /** Any thread. @return false when it had begun before */
    boolean begin(Device device) {
        return device.holds().end(() -> {
            try {
                control.execute(() -> free(device));
            } catch (RejectedExecutionException e) {
                // The adapter is being closed, which frees the same.
            }
        });
    }

    /** Control thread: nobody uses the device, nor will. */
    private void free(Device device) {
        device.forget();
        AsyncEvents.awaitNextRound();
        // An interrupt does not cut this short.
        CompletableFuture.allOf(loops.stream().map(loop -> forgottenBy(loop, device)).toArray(CompletableFuture<?>[]::new)).join();
        windows.get(device.index()).close();
        regions.removed(device);
        device.close();
        LOG.info("everything on the removed RDMA device {} is freed", device.name());
    }

    /** Done when the loop looks at the device's completion channel no more, or has ended. */
    private static CompletableFuture<Void> forgottenBy(Loop loop, Device device) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        boolean queued = loop.execute(() -> {
            try {
                loop.forget(device);
            } finally {
                done.complete(null);
            }
        });
        if (!queued) {
            done.complete(null);
        }
        return done;
    }
}
