// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.ResourceLimitException;

/**
 * All memory that an adapter has registered: who uses slabs registers each once. Registering pins pages and blocks, so it is never done on a loop. Any thread else.
 */
final class Regions {

    private final Verbs verbs;
    private final List<Device> devices;
    private final Counters counters;
    private final Set<Region> all = new HashSet<>();
    private final ConcurrentSkipListMap<Long, Region> byAddress = new ConcurrentSkipListMap<>();
    private boolean closed;

    Regions(Verbs verbs, List<Device> devices, Counters counters) {
        this.verbs = verbs;
        this.devices = devices;
        this.counters = counters;
    }

    /**
     * Registers the whole of a direct buffer.
     *
     * @throws ResourceLimitException the device or a limit does not allow it; the message says what to raise
     */
    Region register(ByteBuffer direct) throws ResourceLimitException {
        ByteBuffer whole = direct.duplicate().clear();
        long address = Memory.address(whole);
        long length = Math.max(1, whole.capacity());
        long[] handles = new long[devices.size()];
        for (int i = 0; i < handles.length; i++) {
            Device device = devices.get(i);
            handles[i] = verbs.regMr(device.domain(), address, length, device.localAccess());
            if (handles[i] == 0) {
                int errno = NativeFunction.errno();
                for (int k = 0; k < i; k++) {
                    verbs.deregMr(handles[k]);
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
        end(region);
        throw new ResourceLimitException("cannot register memory: the adapter is closed");
    }

    /** The region that these bytes lie in, or null. */
    Region find(long address, long bytes) {
        Map.Entry<Long, Region> entry = byAddress.floorEntry(address);
        return entry != null && entry.getValue().contains(address, bytes) ? entry.getValue() : null;
    }

    void close(Region region) {
        synchronized (this) {
            if (!all.remove(region)) {
                return;
            }
            byAddress.remove(region.address(), region);
        }
        end(region);
    }

    private void end(Region region) {
        for (Device device : devices) {
            verbs.deregMr(region.handle(device));
        }
    }

    /** Ends all that is left, when no queue pair is. */
    void close() {
        List<Region> left;
        synchronized (this) {
            closed = true;
            left = List.copyOf(all);
            all.clear();
            byAddress.clear();
        }
        left.forEach(this::end);
    }
}
