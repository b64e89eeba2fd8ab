// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;

/** The address that the tests use: that of the property {@code test.rdma.address}, or the first IPv4 address that is not loopback's. */
final class DeviceAddress {

    private DeviceAddress() {}

    static InetAddress get() throws IOException {
        String given = System.getProperty("test.rdma.address");
        if (given != null) {
            return InetAddress.getByName(given);
        }
        return NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress()).findFirst()
                .orElseThrow(() -> new IOException("no interface has an IPv4 address; set test.rdma.address to that of the RDMA device"));
    }
}
