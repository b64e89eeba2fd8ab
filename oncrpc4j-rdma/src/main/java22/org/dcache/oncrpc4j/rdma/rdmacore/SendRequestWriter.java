// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rdmacore.device.BouncePool;
import org.dcache.oncrpc4j.rdma.rdmacore.device.BouncePool.Bounce;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Device;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Region;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Regions;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;

/**
 * Turns a {@link WorkRequest} into a struct ibv_send_wr with its elements. Data in registered memory is named where it lies; small messages
 * are marked to travel inside the request; anything else is copied to a bounce buffer, which its owner brings. Used under the lock of its
 * {@link SendQueue}.
 */
final class SendRequestWriter {

    private final Device device;
    private final Regions regions;
    private final Counters counters;
    /** That a request of the queue pair may have. */
    private final int elements;
    private int inline;

    SendRequestWriter(Device device, Regions regions, Counters counters) {
        this.device = device;
        this.elements = Math.min(SendQueue.MAX_ELEMENTS, device.maxElements());
        this.regions = regions;
        this.counters = counters;
    }

    void inline(int bytes) {
        inline = bytes;
    }

    /**
     * Writes the request at {@code wr}, its elements right behind, and the link to the next one behind these.
     *
     * @param bounce holds its data until it completes, where {@link #needsBounce}; else null
     */
    void write(long wr, WorkRequest request, long number, boolean signal, Bounce bounce) throws ResourceLimitException {
        long sge = wr + VerbsLayout.SendWr.SIZE;
        Memory.clear(wr, VerbsLayout.SendWr.SIZE);
        Memory.putLong(wr + VerbsLayout.SendWr.WR_ID, number);
        Memory.putLong(wr + VerbsLayout.SendWr.NEXT, sge + (long) SendQueue.MAX_ELEMENTS * VerbsLayout.Sge.SIZE);
        int flags = signal ? VerbsLayout.SendWr.SIGNALED : 0;
        if (request.opcode() == WorkRequest.Opcode.BIND) {
            Memory.putInt(wr + VerbsLayout.SendWr.SEND_FLAGS, flags);
            window(wr, request);
            return;
        }
        long bytes = request.remaining();
        int elements = 0;
        if (bytes > 0) {
            elements = bounce != null ? copied(sge, request, bytes, bounce) : elements(sge, request);
            if (bytes <= inline && request.opcode() != WorkRequest.Opcode.RDMA_READ) {
                flags |= VerbsLayout.SendWr.INLINE;
                counters.increment(RdmaCoreCounter.INLINE_SENDS);
            }
        }
        Memory.putLong(wr + VerbsLayout.SendWr.SG_LIST, sge);
        Memory.putInt(wr + VerbsLayout.SendWr.NUM_SGE, elements);
        Memory.putInt(wr + VerbsLayout.SendWr.SEND_FLAGS, flags);
        switch (request.opcode()) {
            case SEND -> Memory.putInt(wr + VerbsLayout.SendWr.OPCODE, VerbsLayout.SendWr.SEND);
            case SEND_WITH_INVALIDATE -> {
                Memory.putInt(wr + VerbsLayout.SendWr.OPCODE, VerbsLayout.SendWr.SEND_WITH_INV);
                Memory.putInt(wr + VerbsLayout.SendWr.INVALIDATE_RKEY, request.invalidateStag());
                // libsiw takes the handle from here, whatever the opcode; to all others the field means nothing in a Send.
                Memory.putInt(wr + VerbsLayout.SendWr.RKEY, request.invalidateStag());
            }
            default -> {
                Memory.putInt(wr + VerbsLayout.SendWr.OPCODE, request.opcode() == WorkRequest.Opcode.RDMA_WRITE
                        ? VerbsLayout.SendWr.RDMA_WRITE : VerbsLayout.SendWr.RDMA_READ);
                Memory.putLong(wr + VerbsLayout.SendWr.REMOTE_ADDR, request.remoteOffset());
                Memory.putInt(wr + VerbsLayout.SendWr.RKEY, request.remoteStag());
            }
        }
    }

    private void window(long wr, WorkRequest request) {
        WindowExposure exposure = (WindowExposure) request.bound();
        if (exposure.isInvalidation(request)) {
            counters.increment(RdmaCoreCounter.LOCAL_INVALIDATIONS);
            Memory.putInt(wr + VerbsLayout.SendWr.OPCODE, VerbsLayout.SendWr.LOCAL_INV);
            Memory.putInt(wr + VerbsLayout.SendWr.INVALIDATE_RKEY, exposure.stag());
            return;
        }
        counters.increment(RdmaCoreCounter.WINDOWS_BOUND);
        exposure.writeBind(wr);
    }

    /** Whether its data must be copied: it lies in memory that is not registered, or in more pieces than the device takes. */
    boolean needsBounce(WorkRequest request) {
        if (request.opcode() == WorkRequest.Opcode.RDMA_READ || request.opcode() == WorkRequest.Opcode.BIND) {
            return false;
        }
        boolean unregistered = false;
        int count = 0;
        for (int i = 0; i < request.count(); i++) {
            ByteBuffer buffer = request.buffer(i);
            if (buffer.hasRemaining()) {
                count++;
                unregistered |= request.region(i) == null && !(buffer.isDirect() && find(buffer) != null);
            }
        }
        return unregistered || count > elements;
    }

    private Region find(ByteBuffer buffer) {
        return regions.find(Memory.address(buffer), buffer.remaining());
    }

    private int elements(long sge, WorkRequest request) throws ResourceLimitException {
        int count = 0;
        for (int i = 0; i < request.count(); i++) {
            ByteBuffer buffer = request.buffer(i);
            if (buffer.hasRemaining()) {
                Region region = request.region(i) instanceof Region given ? given : buffer.isDirect() ? find(buffer) : null;
                if (region == null) {
                    throw new ResourceLimitException("the sink of an RDMA Read of " + buffer.remaining()
                            + " bytes is not registered memory");
                }
                element(sge + (long) count * VerbsLayout.Sge.SIZE, Memory.address(buffer), buffer.remaining(), region);
                count++;
            }
        }
        return count;
    }

    private void element(long sge, long address, int length, Region region) {
        Memory.putLong(sge + VerbsLayout.Sge.ADDR, address);
        Memory.putInt(sge + VerbsLayout.Sge.LENGTH, length);
        Memory.putInt(sge + VerbsLayout.Sge.LKEY, region.localKey(device));
    }

    /** @return the number of elements */
    private int copied(long sge, WorkRequest request, long bytes, Bounce bounce) {
        long at = bounce.address();
        for (int i = 0; i < request.count(); i++) {
            Memory.copyIn(request.buffer(i), at);
            at += request.buffer(i).remaining();
        }
        counters.add(RdmaCoreCounter.BYTES_BOUNCED, bytes);
        element(sge, bounce.address(), (int) bytes, bounce.region());
        return 1;
    }
}
