// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import org.dcache.oncrpc4j.rdma.config.Choice;
import org.dcache.oncrpc4j.rdma.rdmacore.cm.CmId;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Device;
import org.dcache.oncrpc4j.rdma.rdmacore.device.DeviceRemovedException;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.CmLayout;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Errno;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Libraries;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.NativeFunction;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.CompletionQueue;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.ReceivePool;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.ReceiveQueue;
import org.dcache.oncrpc4j.rdma.rdmacore.receive.OwnReceives;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.error.DeviceErrorException;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device's half of a connection: queue pair, completion queues, and the memory of its send and receive queue; it holds the device from
 * {@link #open} to {@link #destroy}. Made, disconnected and destroyed in control tasks of its id, in this order; no other thread may use
 * its addresses once it is destroyed, so the send and the receive queue are stopped before.
 */
final class NativeQueuePair {

    private static final Logger LOG = LoggerFactory.getLogger(NativeQueuePair.class);

    private final Libraries libraries;
    private final Device device;
    private final CmId id;
    private final CompletionQueue sendCompletions;
    private final CompletionQueue receiveCompletions;
    private final SendQueue sends;
    private final ReceiveQueue receives;
    private long qp;
    private int inline;
    /** Of the control tasks of its id. */
    private boolean destroyed;

    /**
     * Makes it and posts the first receives, before the peer can hear of it.
     *
     * @param mayShare whether its receives may be shared with other connections
     * @throws ResourceLimitException the device does not have that much; nothing is left behind
     * @throws DeviceRemovedException the device is being removed
     */
    static NativeQueuePair open(RdmaCoreAdapter adapter, Device device, CmId id, RdmaCoreQueuePair owner, ConnectOptions options,
            boolean mayShare) throws ResourceLimitException, DeviceRemovedException {
        if (!device.holds().begin()) {
            throw new DeviceRemovedException(device.name());
        }
        try {
            return new NativeQueuePair(adapter, device, id, owner, options, mayShare);
        } catch (ResourceLimitException | RuntimeException | Error e) {
            device.holds().give();
            throw e;
        }
    }

    private NativeQueuePair(RdmaCoreAdapter adapter, Device device, CmId id, RdmaCoreQueuePair owner, ConnectOptions options,
            boolean mayShare) throws ResourceLimitException {
        this.libraries = adapter.libraries();
        this.device = device;
        this.id = id;
        int sendDepth = Math.min(adapter.settings().sendQueue(), Math.min(device.maxRequests(), device.maxCompletions()));
        ReceivePool pool = adapter.receivePool(device, options.receiveSize());
        receives = mayShare ? receives(adapter, device, pool, owner, options.receives())
                : own(adapter, device, pool, owner, options.receives());
        SendQueue queue = null;
        CompletionQueue ofSends = null;
        CompletionQueue ofReceives = null;
        try {
            queue = new SendQueue(owner, device, adapter.bounces(), adapter.regions(), sendDepth, adapter.counters());
            sends = queue;
            pool.reserve(receives.toReserve(options.receives()));
            ofSends = new CompletionQueue(libraries.verbs(), device, id.loop(), sendDepth, adapter.counters(), owner);
            sendCompletions = ofSends;
            ofReceives = new CompletionQueue(libraries.verbs(), device, id.loop(), receives.mostCompletions(), adapter.counters(), owner,
                    ofSends);
            receiveCompletions = ofReceives;
            create(sendDepth, adapter.settings().inline());
            sends.open(qp, inline);
            receives.open(qp, options.receives());
        } catch (ResourceLimitException | RuntimeException | Error e) {
            undo(ofSends, ofReceives, queue);
            throw e;
        }
    }

    /** Control: what was made goes, in the order of {@link #destroy}. */
    private void undo(CompletionQueue ofSends, CompletionQueue ofReceives, SendQueue queue) {
        receives.stop();
        if (qp != 0) {
            id.destroyQueuePair();
            receives.queuePairGone(ofReceives);
        }
        if (ofReceives != null) {
            ofReceives.destroy();
        }
        if (ofSends != null) {
            ofSends.destroy();
        }
        if (queue != null) {
            queue.fail();
        }
        receives.drop();
    }

    private static ReceiveQueue own(RdmaCoreAdapter adapter, Device device, ReceivePool pool, RdmaCoreQueuePair owner, int receives) {
        int depth = Math.min(receives, Math.min(device.maxRequests(), device.maxCompletions()));
        return new OwnReceives(device, pool, depth, adapter.counters(),
                () -> owner.receivesFailed(new DeviceErrorException("the device " + device.name() + " refused a receive")));
    }

    /** Shared ones where the adapter shares them on this device. */
    private static ReceiveQueue receives(RdmaCoreAdapter adapter, Device device, ReceivePool pool, RdmaCoreQueuePair owner, int receives)
            throws ResourceLimitException {
        if (adapter.sharesReceives(device)) {
            try {
                return adapter.sharedQueues().join(device, pool, owner::receivesFailed, owner::oversent);
            } catch (ResourceLimitException e) {
                if (adapter.settings().srq() == Choice.ON) {
                    throw e;
                }
                LOG.warn("{}; the connection gets receives of its own", e.getMessage());
            }
        }
        return own(adapter, device, pool, owner, receives);
    }

    private void create(int sendDepth, int wantedInline) throws ResourceLimitException {
        try (Memory.Block block = new Memory.Block(VerbsLayout.QpInitAttr.SIZE)) {
            long attr = block.address();
            int errno = 0;
            for (int tryInline : new int[] {wantedInline, 0}) {
                Memory.clear(attr, VerbsLayout.QpInitAttr.SIZE);
                Memory.putLong(attr + VerbsLayout.QpInitAttr.SEND_CQ, sendCompletions.address());
                Memory.putLong(attr + VerbsLayout.QpInitAttr.RECV_CQ, receiveCompletions.address());
                Memory.putInt(attr + VerbsLayout.QpInitAttr.MAX_SEND_WR, sendDepth);
                Memory.putInt(attr + VerbsLayout.QpInitAttr.MAX_RECV_WR, receives.depth());
                Memory.putLong(attr + VerbsLayout.QpInitAttr.SRQ, receives.shared());
                Memory.putInt(attr + VerbsLayout.QpInitAttr.MAX_SEND_SGE, Math.min(SendQueue.MAX_ELEMENTS, device.maxElements()));
                Memory.putInt(attr + VerbsLayout.QpInitAttr.MAX_RECV_SGE, receives.shared() == 0 ? 1 : 0);
                Memory.putInt(attr + VerbsLayout.QpInitAttr.MAX_INLINE_DATA, tryInline);
                Memory.putInt(attr + VerbsLayout.QpInitAttr.QP_TYPE, VerbsLayout.Qp.TYPE_RC);
                if (libraries.cm().createQp(id.address(), device.domain(), attr) == 0) {
                    qp = Memory.getLong(id.address() + CmLayout.Id.QP);
                    inline = Math.min(wantedInline, Memory.getInt(attr + VerbsLayout.QpInitAttr.MAX_INLINE_DATA));
                    return;
                }
                errno = NativeFunction.errno();
            }
            throw new ResourceLimitException("no queue pair of " + sendDepth + " and " + receives.depth() + " requests on " + device + ": "
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

    CompletionQueue sendCompletions() {
        return sendCompletions;
    }

    CompletionQueue receiveCompletions() {
        return receiveCompletions;
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
        fail();
    }

    /** Puts the queue pair into the error state, if it still is there. */
    void fail() {
        if (destroyed) {
            return;
        }
        try (Memory.Block attr = new Memory.Block(VerbsLayout.QpAttr.SIZE)) {
            Memory.putInt(attr.address() + VerbsLayout.QpAttr.QP_STATE, VerbsLayout.QpAttr.STATE_ERR);
            libraries.verbs().modifyQp(qp, attr.address(), VerbsLayout.QpAttr.MASK_STATE);
        }
    }

    /**
     * It is ready to receive and to send. rdma_cm lets a peer that meets no receive wait for 0.66 s (cm_init_qp_rtr_attr of the kernel);
     * where receives are shared that may happen, and a new one is there at once. A device that does not change it is slower then, nothing
     * else.
     */
    void accepted() {
        if (receives.shared() != 0) {
            try (Memory.Block attr = new Memory.Block(VerbsLayout.QpAttr.SIZE)) {
                Memory.putByte(attr.address() + VerbsLayout.QpAttr.MIN_RNR_TIMER, VerbsLayout.QpAttr.RNR_TIMER_640_US);
                int errno = libraries.verbs().modifyQp(qp, attr.address(), VerbsLayout.QpAttr.MASK_MIN_RNR_TIMER);
                if (errno != 0) {
                    LOG.debug("{} does not change the time that peers wait for a receive: {}", device, Errno.text(errno));
                }
            }
        }
    }

    /** The loop has forgotten the completion queues, or never knew them. */
    void destroy() {
        // A failed handshake's are not stopped yet, and memory for a receive may come at any time.
        sends.stop();
        receives.stop();
        destroyed = true;
        id.destroyQueuePair();
        receives.queuePairGone(receiveCompletions);
        receiveCompletions.destroy();
        sendCompletions.destroy();
        device.holds().give();
    }
}
