// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.net.InetSocketAddress;

/**
 * What a connection agreed on, for people and tools.
 *
 * @param provider name of the provider
 * @param inlineSend largest message we may send inline, bytes
 * @param inlineReceive largest message the peer may send inline, bytes
 * @param credits calls the peer allows us to have outstanding; 1 before the first reply
 * @param crc whether the provider checks messages with a checksum of its own
 * @param ird RDMA Reads the peer may have outstanding
 * @param ord RDMA Reads we may have outstanding
 * @param remoteInvalidation whether the peer takes Send with Invalidate
 * @param detail what else the provider has to say
 */
public record ConnectionReport(
        String provider,
        InetSocketAddress local,
        InetSocketAddress remote,
        int inlineSend,
        int inlineReceive,
        int credits,
        boolean crc,
        int ird,
        int ord,
        boolean remoteInvalidation,
        String detail) {

    @Override
    public String toString() {
        return remote + " over " + provider + " from " + local + ": inline " + inlineSend + "/" + inlineReceive + " B, credits " + credits
                + ", CRC " + (crc ? "on" : "off") + ", IRD/ORD " + ird + "/" + ord + (remoteInvalidation ? ", remote invalidation" : "")
                + (detail.isEmpty() ? "" : ", " + detail);
    }
}
