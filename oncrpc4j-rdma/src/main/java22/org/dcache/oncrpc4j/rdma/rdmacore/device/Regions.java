// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Errno;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.NativeFunction;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Verbs;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;

/**
 * All memory that an adapter has registered: who uses slabs registers each once. Registering pins pages and blocks, so it is never done on
 * a loop. Any thread else. The registration with a device ends with the region, or with the device when that is removed, whichever comes
 * first.
 */
public final class Regions {

    private final Verbs verbs;
    private final List<Device> devices;
    private final Counters counters;
    private final Set<Region> all = new HashSet<>();
    private final ConcurrentSkipListMap<Long, Region> byAddress = new ConcurrentSkipListMap<>();
    private boolean closed;

    public Regions(Verbs verbs, List<Device> devices, Counters counters) {
        this.verbs = verbs;
        this.devices = devices;
        this.counters = counters;
    }

    /**
     * Registers the whole of a direct buffer, on the devices that are there.
     *
     * @throws ResourceLimitException the device or a limit does not allow it; the message says what to raise
     */
    public Region register(ByteBuffer direct) throws ResourceLimitException {
        ByteBuffer whole = direct.duplicate().clear();
        long address = Memory.address(whole);
        long length = Math.max(1, whole.capacity());
        List<Device> present = devices.stream().filter(device -> device.holds().begin()).toList();
        try {
            long[] handles = new long[devices.size()];
            for (Device device : present) {
                long handle = verbs.regMr(device.domain(), address, length, device.localAccess());
                int errno = NativeFunction.errno();
                handles[device.index()] = handle;
                if (handle == 0 && !device.isRemoved()) {
                    for (long made : handles) {
                        if (made != 0) {
                            verbs.deregMr(made);
                        }
                    }
                    counters.increment(RdmaCoreCounter.REGISTRATION_FAILED);
                    throw new ResourceLimitException(device + ": " + Errno.registration(errno, length));
                }
            }
            Region region = new Region(this, direct, address, handles);
            synchronized (this) {
                if (!closed) {
                    all.add(region);
                    byAddress.put(address, region);
                    return region;
                }
            }
            present.forEach(device -> end(region, device));
            throw new ResourceLimitException("cannot register memory: the adapter is closed");
        } finally {
            present.forEach(device -> device.holds().give());
        }
    }

    /** The region that these bytes lie in, or null. */
    public Region find(long address, long bytes) {
        Map.Entry<Long, Region> entry = byAddress.floorEntry(address);
        return entry != null && entry.getValue().contains(address, bytes) ? entry.getValue() : null;
    }

    void close(Region region) {
        // A device is not freed between the two: it would not find the region, nor be found by it.
        List<Device> there = devices.stream().filter(device -> device.holds().take()).toList();
        try {
            synchronized (this) {
                if (!all.remove(region)) {
                    return;
                }
                byAddress.remove(region.address(), region);
            }
            there.forEach(device -> end(region, device));
        } finally {
            there.forEach(device -> device.holds().give());
        }
    }

    private void end(Region region, Device device) {
        long handle = region.takeHandle(device);
        if (handle != 0) {
            verbs.deregMr(handle);
        }
    }

    /** A device is removed, and nothing else is left on it: the memory stays registered with the others. */
    public void removed(Device device) {
        List<Region> left;
        synchronized (this) {
            left = List.copyOf(all);
        }
        left.forEach(region -> end(region, device));
    }

    /** Ends all that is left, when no queue pair is. */
    public void close() {
        List<Region> left;
        synchronized (this) {
            closed = true;
            left = List.copyOf(all);
            all.clear();
            byAddress.clear();
        }
        left.forEach(region -> devices.forEach(device -> end(region, device)));
    }
}
