// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import org.dcache.oncrpc4j.rdma.rdmacore.device.ControlThreads;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Device;
import org.dcache.oncrpc4j.rdma.rdmacore.device.ExposedMemory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Verbs;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;

/**
 * Memory reached through a region that was registered for it alone, on devices without windows: ready at once, ended by deregistering it on
 * a control thread. The handle holds for every connection of the protection domain, which is the adapter's.
 */
final class RegionExposure extends RdmaCoreExposure {

    private final Device device;
    private final Verbs verbs;
    private final ControlThreads control;
    private long handle;

    RegionExposure(RdmaCoreQueuePair queuePair, Device device, Verbs verbs, ControlThreads control, long handle, ExposedMemory memory) {
        super(queuePair, memory, Memory.getInt(handle + VerbsLayout.Mr.RKEY));
        this.device = device;
        this.verbs = verbs;
        this.control = control;
        this.handle = handle;
    }

    @Override
    public WorkRequest bindRequest() {
        return null;
    }

    @Override
    boolean isUnused() {
        return false;
    }

    @Override
    void beginEnd() {
        control.execute(() -> {
            detach();
            queuePair.loop().execute(this::ended);
        });
    }

    @Override
    synchronized void detach() {
        if (handle != 0) {
            verbs.deregMr(handle);
            handle = 0;
            device.holds().give();
        }
    }

    @Override
    void freeHandle() {
        // Only what the peer has invalidated is still registered here.
        control.execute(this::detach);
    }
}
