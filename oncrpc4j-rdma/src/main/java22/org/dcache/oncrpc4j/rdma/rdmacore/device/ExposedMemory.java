// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.rdmacore.device.BouncePool.Bounce;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;

/**
 * The registered memory behind an exposure: the source's own where that is registered, else a bounce buffer, filled now for what the peer
 * reads, and copied back at {@link #release} when the peer wrote. One owner, its exposure.
 */
public final class ExposedMemory {

    private final BouncePool bounces;
    private final ByteBuffer target;
    private final long address;
    private final int length;
    private final Region region;
    private Bounce bounce;

    public ExposedMemory(MemorySource source, Access access, Regions regions, BouncePool bounces) throws ResourceLimitException {
        this.bounces = bounces;
        length = source.length();
        ByteBuffer memory = source.memory();
        ByteBuffer view = memory.slice(memory.position(), length);
        long own = view.isDirect() ? Memory.address(view) : 0;
        Region registered = own != 0 ? regions.find(own, length) : null;
        if (registered != null) {
            region = registered;
            address = own;
            target = null;
            return;
        }
        bounce = bounces.take(length);
        region = bounce.region();
        address = bounce.address();
        if (access == Access.REMOTE_READ) {
            Memory.copyIn(view, address);
            target = null;
        } else {
            target = view;
        }
    }

    public long address() {
        return address;
    }

    public int length() {
        return length;
    }

    public Region region() {
        return region;
    }

    /** The peer can no longer reach it. Once. */
    public void release() {
        if (bounce != null) {
            if (target != null) {
                Memory.copyOut(address, target);
            }
            bounces.giveBack(bounce);
            bounce = null;
        }
    }
}
