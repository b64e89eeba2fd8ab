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

/**
 * The IPv4 address of an interface that has an RDMA device: rdma_cm does not find a device by the loopback address. Drivers of Ethernet
 * devices tell sysfs the interface; where none does (siw), it is the first that is not the loopback.
 */
public final class DeviceAddress {

    private static final Path DEVICES = Path.of("/sys/class/infiniband");

    private DeviceAddress() {}

    public static InetAddress any() throws IOException {
        InetAddress address = null;
        try (DirectoryStream<Path> devices = Files.newDirectoryStream(DEVICES)) {
            for (Path device : devices) {
                address = address != null ? address : address(netdev(device));
            }
        }
        for (NetworkInterface netdev : Collections.list(NetworkInterface.getNetworkInterfaces())) {
            address = address != null || netdev.isLoopback() ? address : address(netdev);
        }
        if (address == null) {
            throw new IOException("no interface but the loopback has an IPv4 address");
        }
        return address;
    }

    /** Null when the driver does not say. */
    private static NetworkInterface netdev(Path device) throws IOException {
        String name;
        try {
            name = Files.readString(device.resolve("ports/1/gid_attrs/ndevs/0")).strip();
        } catch (IOException e) {
            return null;
        }
        return NetworkInterface.getByName(name);
    }

    private static InetAddress address(NetworkInterface netdev) {
        if (netdev != null) {
            for (InetAddress address : Collections.list(netdev.getInetAddresses())) {
                if (address instanceof Inet4Address) {
                    return address;
                }
            }
        }
        return null;
    }
}
