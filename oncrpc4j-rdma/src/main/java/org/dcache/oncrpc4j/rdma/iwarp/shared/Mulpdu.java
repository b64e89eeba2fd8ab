// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.shared;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;

/**
 * The largest ULPDU to send on a connection (MULPDU, RFC 5044 section 4.1): one FPDU should fill one TCP segment.
 *
 * <p>Java cannot read the segment size of a socket, so it is the interface's MTU less IP and TCP headers (with the time
 * stamp option, which all systems use by default), rounded as Linux siw does (siw_qp_tx.c: FPDU a multiple of 8).
 */
final class Mulpdu {

    /** Fits the length field with room to spare, and one TCP segment on loopback; also what siw uses there. */
    static final int LARGEST = 65474;
    /** For an interface that tells no MTU. */
    private static final int DEFAULT_MTU = 1500;
    private static final int SMALLEST = 128;
    private static final int TCP_HEADER = 20 + 12;

    private Mulpdu() {}

    /** @param local a connected socket's own address */
    static int of(InetAddress local) {
        int mtu = DEFAULT_MTU;
        try {
            NetworkInterface device = NetworkInterface.getByInetAddress(local);
            if (device != null && device.getMTU() > 0) {
                mtu = device.getMTU();
            }
        } catch (SocketException e) {
            mtu = DEFAULT_MTU;
        }
        return ofMtu(mtu, local instanceof Inet6Address);
    }

    static int ofMtu(int mtu, boolean ipv6) {
        int segment = mtu - (ipv6 ? 40 : 20) - TCP_HEADER;
        int ulpdu = (segment & ~7) - FpduLayout.LENGTH_FIELD - FpduLayout.CRC_LENGTH;
        return Math.max(SMALLEST, Math.min(LARGEST, ulpdu));
    }
}
