// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.receive;

import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.PooledReceive;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.ReceiveQueue;

/** A chain of struct ibv_recv_wr, one element each, that is written and posted again and again. Under its owner's lock. */
final class ReceiveRequests implements AutoCloseable {

    /** Requests of one chain. */
    static final int BATCH = 16;
    private static final int STRIDE = VerbsLayout.RecvWr.SIZE + VerbsLayout.Sge.SIZE;

    private final Memory.Block block = new Memory.Block((long) BATCH * STRIDE + 8);
    private int count;

    int count() {
        return count;
    }

    void add(int slot, PooledReceive buffer, int length) {
        long wr = block.address() + (long) count++ * STRIDE;
        long sge = wr + VerbsLayout.RecvWr.SIZE;
        Memory.putLong(wr + VerbsLayout.RecvWr.WR_ID, ReceiveQueue.RECEIVE | slot);
        Memory.putLong(wr + VerbsLayout.RecvWr.NEXT, wr + STRIDE);
        Memory.putLong(wr + VerbsLayout.RecvWr.SG_LIST, sge);
        Memory.putInt(wr + VerbsLayout.RecvWr.NUM_SGE, 1);
        Memory.putLong(sge + VerbsLayout.Sge.ADDR, buffer.address());
        Memory.putInt(sge + VerbsLayout.Sge.LENGTH, length);
        Memory.putInt(sge + VerbsLayout.Sge.LKEY, buffer.localKey());
    }

    /** Ends the chain, which has one request at least; the next one starts empty. @return the address of its first request */
    long end() {
        Memory.putLong(block.address() + (long) (count - 1) * STRIDE + VerbsLayout.RecvWr.NEXT, 0);
        count = 0;
        return block.address();
    }

    /** Where the device says which request it did not take. */
    long bad() {
        return block.address() + (long) BATCH * STRIDE;
    }

    @Override
    public void close() {
        block.close();
    }
}
