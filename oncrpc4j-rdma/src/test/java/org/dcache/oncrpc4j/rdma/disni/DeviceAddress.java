// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;

/** The IPv4 address of an interface that has an RDMA device, as sysfs knows it: rdma_cm does not find a device by the loopback address. */
public final class DeviceAddress {

    private static final Path DEVICES = Path.of("/sys/class/infiniband");

    private DeviceAddress() {}

    public static InetAddress any() throws IOException {
        try (DirectoryStream<Path> devices = Files.newDirectoryStream(DEVICES)) {
            for (Path device : devices) {
                String name = Files.readString(device.resolve("ports/1/gid_attrs/ndevs/0")).strip();
                NetworkInterface netdev = NetworkInterface.getByName(name);
                if (netdev != null) {
                    for (InetAddress address : Collections.list(netdev.getInetAddresses())) {
                        if (address instanceof Inet4Address) {
                            return address;
                        }
                    }
                }
            }
        }
        throw new IOException("no RDMA device in " + DEVICES + " has an interface with an IPv4 address");
    }
}
