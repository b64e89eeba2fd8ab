// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Verbs;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;

/**
 * {@link SelfTest} for what only shared receive queues need: makes one with a queue pair on it, compares the fields and posts a receive.
 * Made when an adapter that would share receives is opened. A device that fails shares none; the provider goes on without.
 */
public final class SharedReceivesSelfTest {

    private static final int REQUESTS = 16;
    private static final long BYTES = 4096;

    private SharedReceivesSelfTest() {}

    /** @throws ProviderUnavailableException what the device or the library lacks, or has otherwise than it must be */
    public static void run(Verbs verbs, Device device) throws ProviderUnavailableException {
        long context = device.context();
        if (Memory.getLong(context + VerbsLayout.Context.OPS_POST_SRQ_RECV) == 0) {
            throw SelfTest.mismatch("the function table of " + device.name() + " at " + VerbsLayout.Context.OPS_POST_SRQ_RECV, "a function",
                    "NULL");
        }
        long mr = 0;
        long cq = 0;
        long srq = 0;
        long qp = 0;
        try (Memory.Block memory = new Memory.Block(BYTES); Memory.Block block = new Memory.Block(1024)) {
            mr = SelfTest.made(verbs.regMr(device.domain(), memory.address(), BYTES, device.localAccess()), "a memory region");
            cq = SelfTest.made(verbs.createCq(context, 2 * REQUESTS, 0, 0, 0), "a completion queue");
            srq = queue(verbs, device, block.address());
            qp = queuePair(verbs, device, cq, srq, block.address());
            long wr = block.address() + 256;
            long sge = wr + 128;
            Memory.putLong(sge + VerbsLayout.Sge.ADDR, memory.address());
            Memory.putInt(sge + VerbsLayout.Sge.LENGTH, (int) BYTES);
            Memory.putInt(sge + VerbsLayout.Sge.LKEY, Memory.getInt(mr + VerbsLayout.Mr.LKEY));
            Memory.putLong(wr + VerbsLayout.RecvWr.SG_LIST, sge);
            Memory.putInt(wr + VerbsLayout.RecvWr.NUM_SGE, 1);
            SelfTest.check(device.calls().postSrqRecv(srq, wr, block.address() + 512), "post a shared receive");
        } finally {
            if (qp != 0) {
                verbs.destroyQp(qp);
            }
            if (srq != 0) {
                verbs.destroySrq(srq);
            }
            if (cq != 0) {
                verbs.destroyCq(cq);
            }
            if (mr != 0) {
                verbs.deregMr(mr);
            }
        }
    }

    private static long queue(Verbs verbs, Device device, long attr) throws ProviderUnavailableException {
        Memory.putInt(attr + VerbsLayout.SrqInitAttr.MAX_WR, REQUESTS);
        Memory.putInt(attr + VerbsLayout.SrqInitAttr.MAX_SGE, 1);
        long srq = SelfTest.made(verbs.createSrq(device.domain(), attr), "a shared receive queue");
        try {
            SelfTest.expect("ibv_srq.context", device.context(), Memory.getLong(srq + VerbsLayout.Srq.CONTEXT));
            SelfTest.expect("ibv_srq.pd", device.domain(), Memory.getLong(srq + VerbsLayout.Srq.PD));
            int capacity = Memory.getInt(attr + VerbsLayout.SrqInitAttr.MAX_WR);
            if (capacity < REQUESTS) {
                throw SelfTest.mismatch("ibv_srq_init_attr.attr.max_wr", "at least " + REQUESTS, Integer.toString(capacity));
            }
            return srq;
        } catch (ProviderUnavailableException e) {
            verbs.destroySrq(srq);
            throw e;
        }
    }

    private static long queuePair(Verbs verbs, Device device, long cq, long srq, long attr) throws ProviderUnavailableException {
        Memory.clear(attr, VerbsLayout.QpInitAttr.SIZE);
        Memory.putLong(attr + VerbsLayout.QpInitAttr.SEND_CQ, cq);
        Memory.putLong(attr + VerbsLayout.QpInitAttr.RECV_CQ, cq);
        Memory.putLong(attr + VerbsLayout.QpInitAttr.SRQ, srq);
        Memory.putInt(attr + VerbsLayout.QpInitAttr.MAX_SEND_WR, REQUESTS);
        Memory.putInt(attr + VerbsLayout.QpInitAttr.MAX_SEND_SGE, 1);
        Memory.putInt(attr + VerbsLayout.QpInitAttr.QP_TYPE, VerbsLayout.Qp.TYPE_RC);
        long qp = SelfTest.made(verbs.createQp(device.domain(), attr), "a queue pair with a shared receive queue");
        try {
            SelfTest.expect("ibv_qp.srq", srq, Memory.getLong(qp + VerbsLayout.Qp.SRQ));
            return qp;
        } catch (ProviderUnavailableException e) {
            verbs.destroyQp(qp);
            throw e;
        }
    }
}
