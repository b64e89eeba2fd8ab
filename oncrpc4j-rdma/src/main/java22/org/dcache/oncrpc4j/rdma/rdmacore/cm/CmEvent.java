// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.cm;

import org.dcache.oncrpc4j.rdma.rdmacore.ffi.CmEventType;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.CmLayout;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;

/**
 * A copy of a struct rdma_cm_event, which itself is given back before anybody looks at this.
 *
 * @param id the connection's; new for CONNECT_REQUEST
 * @param status 0, a negative errno, or a reject reason of the fabric
 * @param privateData of the peer, on InfiniBand and RoCE padded with zeros
 * @param inboundReads the peer's ORD: what it wants to have outstanding toward us
 * @param outboundReads the peer's IRD: what it takes
 */
public record CmEvent(long id, CmEventType type, int status, byte[] privateData, int inboundReads, int outboundReads) {

    private static final byte[] NOTHING = new byte[0];

    /** @param event address of the struct */
    static CmEvent copy(long event) {
        CmEventType type = CmEventType.of(Memory.getInt(event + CmLayout.Event.EVENT));
        boolean param = type == CmEventType.CONNECT_REQUEST || type == CmEventType.ESTABLISHED || type == CmEventType.REJECTED
                || type == CmEventType.CONNECT_RESPONSE;
        long conn = event + CmLayout.Event.PARAM;
        byte[] data = NOTHING;
        if (param) {
            long address = Memory.getLong(conn + CmLayout.ConnParam.PRIVATE_DATA);
            int length = Memory.getByte(conn + CmLayout.ConnParam.PRIVATE_DATA_LEN) & 0xff;
            if (address != 0 && length > 0) {
                data = new byte[length];
                Memory.copyOut(address, data);
            }
        }
        return new CmEvent(Memory.getLong(event + CmLayout.Event.ID), type, Memory.getInt(event + CmLayout.Event.STATUS), data,
                param ? Memory.getByte(conn + CmLayout.ConnParam.RESPONDER_RESOURCES) & 0xff : 0,
                param ? Memory.getByte(conn + CmLayout.ConnParam.INITIATOR_DEPTH) & 0xff : 0);
    }
}
