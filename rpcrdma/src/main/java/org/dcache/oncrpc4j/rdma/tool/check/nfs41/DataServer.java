// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.check.nfs41;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.dcache.oncrpc4j.rpc.net.InetSocketAddresses;

/** An address of a data server, of a device (netaddr4): its netid, such as {@code rdma} or {@code tcp6}, and its universal address. */
public record DataServer(String netid, String universal) {

    /** Whether clients are to come by RDMA. */
    public boolean overRdma() {
        return netid.startsWith("rdma");
    }

    /** @throws UnknownHostException if the text is none of RFC 5665 */
    public InetSocketAddress address() throws UnknownHostException {
        try {
            InetSocketAddress address = InetSocketAddresses.forUaddrString(universal);
            InetAddress host = address.getAddress();
            if (host != null) {
                return new InetSocketAddress(host, address.getPort());
            }
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            // Said below, as for a name.
        }
        throw new UnknownHostException("expected a universal address, such as 192.0.2.1.8.1, got '" + universal + "'");
    }

    @Override
    public String toString() {
        return netid + ' ' + universal;
    }
}
