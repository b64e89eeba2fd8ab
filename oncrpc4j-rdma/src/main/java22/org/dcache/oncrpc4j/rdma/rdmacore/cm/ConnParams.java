// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.cm;

import org.dcache.oncrpc4j.rdma.rdmacore.ffi.CmLayout;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;

/**
 * struct rdma_conn_param for connecting and accepting, as Linux's client and server fill it: the retries of a lost packet are the device's
 * business, a missing receive is not retried at all, since credits are what prevents it. Where receives are shared they may run out for a
 * moment, and the peer is to try again for ever.
 */
public final class ConnParams implements AutoCloseable {

    /** What fits into the three bits of the wire. */
    private static final int RETRIES = 6;

    /** For ever (IBA 9.7.5.2.8). */
    private static final int RECEIVE_RETRIES = 7;

    private final Memory.Block block;

    /** @param shared whether our receives are shared */
    public ConnParams(ConnectOptions options, int inboundReads, int outboundReads, boolean shared) {
        byte[] data = options.privateData();
        block = new Memory.Block(CmLayout.ConnParam.SIZE + Math.max(1, data.length));
        long at = block.address();
        Memory.copyIn(data, at + CmLayout.ConnParam.SIZE);
        Memory.putLong(at + CmLayout.ConnParam.PRIVATE_DATA, data.length == 0 ? 0 : at + CmLayout.ConnParam.SIZE);
        Memory.putByte(at + CmLayout.ConnParam.PRIVATE_DATA_LEN, data.length);
        Memory.putByte(at + CmLayout.ConnParam.RESPONDER_RESOURCES, inboundReads);
        Memory.putByte(at + CmLayout.ConnParam.INITIATOR_DEPTH, outboundReads);
        Memory.putByte(at + CmLayout.ConnParam.RETRY_COUNT, RETRIES);
        Memory.putByte(at + CmLayout.ConnParam.RNR_RETRY_COUNT, shared ? RECEIVE_RETRIES : 0);
    }

    public long address() {
        return block.address();
    }

    @Override
    public void close() {
        block.close();
    }
}
