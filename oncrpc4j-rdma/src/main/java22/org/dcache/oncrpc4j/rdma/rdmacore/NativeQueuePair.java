// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.ResourceLimitException;

/**
 * The device's half of a connection: queue pair, completion queue, and the memory of its send and receive queue; it holds the device from {@link #open} to {@link #destroy}. Made, disconnected and destroyed on control threads, in this order; no
 * other thread may use its addresses once {@link #destroy} has begun, which the send and receive queue see to by being stopped before.
 */
final class NativeQueuePair {

    private final Libraries libraries;
    private final Device device;
    private final CmId id;
    private final CompletionQueue completions;
    private final SendQueue sends;
    private final ReceiveQueue receives;
    private long qp;
    private int inline;

    /**
     * Makes it and posts the first receives, before the peer can hear of it.
     *
     * @throws ResourceLimitException the device does not have that much; nothing is left behind
     * @throws DeviceRemovedException the device is being removed
     */
    static NativeQueuePair open(RdmaCoreAdapter adapter, Device device, CmId id, RdmaCoreQueuePair owner, ConnectOptions options)
            throws ResourceLimitException, DeviceRemovedException {
        if (!device.holds().begin()) {
            throw new DeviceRemovedException(device.name());
        }
        try {
            return new NativeQueuePair(adapter, device, id, owner, options);
        } catch (ResourceLimitException | RuntimeException e) {
            device.holds().give();
            throw e;
        }
    }

    private NativeQueuePair(RdmaCoreAdapter adapter, Device device, CmId id, RdmaCoreQueuePair owner, ConnectOptions options)
            throws ResourceLimitException {
        this.libraries = adapter.libraries();
        this.device = device;
        this.id = id;
        int sendDepth = Math.min(adapter.settings().sendQueue(), device.maxRequests());
        int receiveDepth = Math.min(options.receives(), Math.min(device.maxRequests(), device.maxCompletions() - sendDepth));
        ReceivePool pool = adapter.receivePool(device, options.receiveSize());
        pool.reserve(receiveDepth);
        completions = new CompletionQueue(libraries.verbs(), device, id.loop(), sendDepth + receiveDepth, adapter.counters(), owner);
        sends = new SendQueue(owner, device, adapter.bounces(), adapter.regions(), sendDepth, adapter.counters());
        receives = new ReceiveQueue(device, pool, receiveDepth, adapter.counters(),
                () -> owner.abort(new DeviceErrorException("the device " + device.name() + " refused a receive")));
        try {
            create(sendDepth, receiveDepth, adapter.settings().inline());
        } catch (ResourceLimitException e) {
            completions.destroy();
            sends.fail();
            receives.drop();
            throw e;
        }
        sends.open(qp, inline);
        receives.open(qp);
        receives.post(options.receives());
    }

    private void create(int sendDepth, int receiveDepth, int wantedInline) throws ResourceLimitException {
        try (Memory.Block block = new Memory.Block(VerbsLayout.QpInitAttr.SIZE)) {
            long attr = block.address();
            int errno = 0;
            for (int tryInline : new int[] {wantedInline, 0}) {
                Memory.clear(attr, VerbsLayout.QpInitAttr.SIZE);
                Memory.putLong(attr + VerbsLayout.QpInitAttr.SEND_CQ, completions.address());
                Memory.putLong(attr + VerbsLayout.QpInitAttr.RECV_CQ, completions.address());
                Memory.putInt(attr + VerbsLayout.QpInitAttr.MAX_SEND_WR, sendDepth);
                Memory.putInt(attr + VerbsLayout.QpInitAttr.MAX_RECV_WR, receiveDepth);
                Memory.putInt(attr + VerbsLayout.QpInitAttr.MAX_SEND_SGE, Math.min(SendQueue.MAX_ELEMENTS, device.maxElements()));
                Memory.putInt(attr + VerbsLayout.QpInitAttr.MAX_RECV_SGE, 1);
                Memory.putInt(attr + VerbsLayout.QpInitAttr.MAX_INLINE_DATA, tryInline);
                Memory.putInt(attr + VerbsLayout.QpInitAttr.QP_TYPE, VerbsLayout.Qp.TYPE_RC);
                if (libraries.cm().createQp(id.address(), device.domain(), attr) == 0) {
                    qp = Memory.getLong(id.address() + CmLayout.Id.QP);
                    inline = Math.min(wantedInline, Memory.getInt(attr + VerbsLayout.QpInitAttr.MAX_INLINE_DATA));
                    return;
                }
                errno = NativeFunction.errno();
            }
            throw new ResourceLimitException("no queue pair of " + sendDepth + " and " + receiveDepth + " requests on " + device + ": "
                    + Errno.text(errno));
        }
    }

    /** struct ibv_qp. */
    long address() {
        return qp;
    }

    Device device() {
        return device;
    }

    int inline() {
        return inline;
    }

    CompletionQueue completions() {
        return completions;
    }

    SendQueue sends() {
        return sends;
    }

    ReceiveQueue receives() {
        return receives;
    }

    /** Says good-bye to the peer, or answers its good-bye, and puts the queue pair into the error state, so that all work is flushed. */
    void disconnect() {
        boolean said = libraries.cm().disconnect(id.address()) == 0;
        if (said && device.isIwarp()) {
            // The kernel ends the queue pair with its TCP connection; by force here, the last messages might be lost.
            return;
        }
        try (Memory.Block attr = new Memory.Block(VerbsLayout.QpAttr.SIZE)) {
            Memory.putInt(attr.address() + VerbsLayout.QpAttr.QP_STATE, VerbsLayout.QpAttr.STATE_ERR);
            libraries.verbs().modifyQp(qp, attr.address(), VerbsLayout.QpAttr.MASK_STATE);
        }
    }

    /** The loop has forgotten the completion queue. */
    void destroy() {
        libraries.cm().destroyQp(id.address());
        completions.destroy();
        device.holds().give();
    }
}
