// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.receive;

import org.dcache.oncrpc4j.rdma.rdmacore.device.Device;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Errno;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.NativeFunction;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Verbs;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;

/** A shared receive queue of a device, made and destroyed on control threads. Its queue pairs hold the device; it does not outlive them. */
final class NativeSharedQueue implements SharedQueue {

    private final Verbs verbs;
    private final Device device;
    private final long srq;

    /** @param capacity receives that it can hold */
    NativeSharedQueue(Verbs verbs, Device device, int capacity) throws ResourceLimitException {
        this.verbs = verbs;
        this.device = device;
        try (Memory.Block attr = new Memory.Block(VerbsLayout.SrqInitAttr.SIZE)) {
            Memory.putInt(attr.address() + VerbsLayout.SrqInitAttr.MAX_WR, capacity);
            Memory.putInt(attr.address() + VerbsLayout.SrqInitAttr.MAX_SGE, 1);
            srq = verbs.createSrq(device.domain(), attr.address());
        }
        if (srq == 0) {
            throw new ResourceLimitException("no shared receive queue of " + capacity + " on " + device + ": "
                    + Errno.text(NativeFunction.errno()));
        }
    }

    @Override
    public long address() {
        return srq;
    }

    @Override
    public int post(long first, long bad) {
        return device.calls().postSrqRecv(srq, first, bad);
    }

    @Override
    public int arm(int limit) {
        try (Memory.Block attr = new Memory.Block(VerbsLayout.SrqAttr.SIZE)) {
            Memory.putInt(attr.address() + VerbsLayout.SrqAttr.SRQ_LIMIT, limit);
            return verbs.modifySrq(srq, attr.address(), VerbsLayout.SrqAttr.MASK_LIMIT);
        }
    }

    @Override
    public void destroy() {
        verbs.destroySrq(srq);
    }
}
