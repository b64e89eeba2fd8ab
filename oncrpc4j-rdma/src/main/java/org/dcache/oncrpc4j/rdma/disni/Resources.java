// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import com.ibm.disni.verbs.IbvMr;
import com.ibm.disni.verbs.IbvQP;
import com.ibm.disni.verbs.IbvQPInitAttr;
import com.ibm.disni.verbs.RdmaCmId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Set;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a connection has of the device: queue pair, both queues, its part of a poller, its domain. Made, cut and given back on the adapter's
 * job thread.
 *
 * @param own whether the domain is this connection's alone
 * @param entries room taken in the poller's completion queue
 * @param number what the connection's work requests are told by
 */
record Resources(ConnectionManager manager, Poller poller, Domain domain, boolean own, SendQueue sends, ReceiveQueue receives, int entries,
        int number) {

    private static final Logger LOG = LoggerFactory.getLogger(Resources.class);

    /** Work requests on their way, a power of two; half of that where the device has fewer, and so on. */
    private static final int SENDS = 512;
    private static final int LEAST_SENDS = 16;

    /**
     * Makes a queue pair for an identifier that has found its device.
     *
     * @throws IOException when the system or the device refuses; nothing stays then
     */
    static Resources make(DisniAdapter adapter, RdmaCmId id, boolean own, ConnectOptions options) throws IOException {
        Device device = adapter.device(id);
        int size = Math.max(1, options.receiveSize());
        int receives = ReceiveQueue.depth(options.receives(), size);
        int entries = receives + SENDS;
        Poller poller = device.poller(entries);
        Domain domain = null;
        IbvMr mr = null;
        boolean reserved = false;
        try {
            adapter.receives().reserve((long) size * receives);
            reserved = true;
            domain = own ? device.own() : device.shared();
            ByteBuffer memory = ByteBuffer.allocateDirect(size * receives);
            mr = domain.register(memory, IbvMr.IBV_ACCESS_LOCAL_WRITE);
            int number = poller.nextId();
            int depth = SENDS;
            IbvQP qp = null;
            while (qp == null) {
                try {
                    qp = id.createQP(domain.pd(), attributes(poller, depth, receives));
                } catch (IOException e) {
                    depth >>= 1;
                    if (depth < LEAST_SENDS) {
                        throw e;
                    }
                }
            }
            SendQueue sends = new SendQueue(qp, domain, number, depth, options.outboundReads());
            ReceiveQueue queue = new ReceiveQueue(qp, domain, adapter.receives(), memory, mr, number, size, receives);
            Resources resources = new Resources(adapter.manager(), poller, domain, own, sends, queue, entries, number);
            queue.post(options.receives());
            return resources;
        } catch (IOException | RuntimeException | Error e) {
            if (id.getQp() != null && id.getQp().isOpen()) {
                id.destroyQP();
            }
            if (mr != null) {
                domain.deregister(mr);
            }
            if (own && domain != null) {
                domain.close();
            }
            if (reserved) {
                adapter.receives().release((long) size * receives);
            }
            poller.release(entries);
            throw e;
        }
    }

    private static IbvQPInitAttr attributes(Poller poller, int sends, int receives) {
        IbvQPInitAttr attributes = new IbvQPInitAttr();
        attributes.setQp_type(IbvQP.IBV_QPT_RC);
        attributes.setSend_cq(poller.cq());
        attributes.setRecv_cq(poller.cq());
        attributes.cap().setMax_send_wr(sends);
        attributes.cap().setMax_send_sge(SendQueue.MAX_SGE);
        attributes.cap().setMax_recv_wr(receives);
        attributes.cap().setMax_recv_sge(1);
        attributes.cap().setMax_inline_data(0);
        return attributes;
    }

    /** Ends everything that the device and the peer can reach, in the one order that is safe. */
    void cut(RdmaCmId id, Set<DisniExposure> exposures) {
        sends.stop();
        receives.stop();
        quietly("disconnect", id::disconnect);
        quietly("destroy the queue pair", id::destroyQP);
        exposures.forEach(DisniExposure::deregister);
        receives.close();
        if (own) {
            domain.close();
        }
    }

    /** After the last callback. */
    void release(RdmaCmId id) {
        manager.unregister(id);
        quietly("destroy the identifier", id::destroyId);
        poller.release(entries);
    }

    interface Call {
        int run() throws IOException;
    }

    /** What can fail at the end does so because it has ended already. */
    static void quietly(String what, Call call) {
        try {
            call.run();
        } catch (IOException | RuntimeException e) {
            LOG.debug("could not {}", what, e);
        }
    }
}
