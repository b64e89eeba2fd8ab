// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.verbs.MemoryRegion;

/**
 * Memory registered for local use in the protection domain of each of the adapter's devices, so that it serves whatever connection. Belongs
 * to {@link Regions}, which ends what its owner has not ended when the adapter is closed. Any thread.
 */
public final class Region implements MemoryRegion {

    private final Regions regions;
    private final ByteBuffer memory;
    private final long address;
    private final long length;
    private final long[] handles;
    private final int[] localKeys;

    /** @param handles struct ibv_mr for each device, by index; 0 for one that is removed */
    Region(Regions regions, ByteBuffer memory, long address, long[] handles) {
        this.regions = regions;
        this.memory = memory;
        this.address = address;
        this.length = memory.capacity();
        this.handles = handles;
        this.localKeys = new int[handles.length];
        for (int i = 0; i < handles.length; i++) {
            localKeys[i] = handles[i] == 0 ? 0 : Memory.getInt(handles[i] + VerbsLayout.Mr.LKEY);
        }
    }

    @Override
    public ByteBuffer memory() {
        return memory;
    }

    long address() {
        return address;
    }

    boolean contains(long from, long bytes) {
        return from >= address && from - address + bytes <= length;
    }

    /** struct ibv_mr on this device, while it is there. */
    public long handle(Device device) {
        return handles[device.index()];
    }

    /** The same for who deregisters it, once; 0 when there is none. */
    synchronized long takeHandle(Device device) {
        long handle = handles[device.index()];
        handles[device.index()] = 0;
        return handle;
    }

    public int localKey(Device device) {
        return localKeys[device.index()];
    }

    @Override
    public void close() {
        regions.close(this);
    }
}
