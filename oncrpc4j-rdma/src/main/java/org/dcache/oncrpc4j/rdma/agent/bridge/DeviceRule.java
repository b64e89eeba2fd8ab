// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.bridge;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.OptionalInt;
import org.dcache.oncrpc4j.rdma.config.Cidr;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.PortRule;
import org.dcache.oncrpc4j.rdma.config.Settings;

/**
 * Which addresses of pNFS data servers get an RDMA address beside them, as the settings {@code oncrpc.rdma.nfs4j.devices…} say. Never one
 * that is link-local: it does not say on which link, and RDMA has no other way to find out.
 *
 * @param networks that have RDMA; empty: all
 * @param tcp whether the TCP address of a data server is named behind its RDMA address
 */
record DeviceRule(PortRule ports, List<Cidr> networks, boolean tcp) {

    static DeviceRule of(Configuration config) {
        return new DeviceRule(config.get(Settings.NFS4J_DEVICES), config.get(Settings.NFS4J_DEVICES_NETWORKS),
                config.get(Settings.NFS4J_DEVICES_FALLBACK));
    }

    /**
     * Empty when there is no RDMA at this address.
     *
     * @param host in figures
     * @throws IllegalArgumentException it is not in figures
     */
    OptionalInt rdmaPort(String host, int tcpPort) {
        InetAddress address = address(host);
        boolean reached = networks.isEmpty() || networks.stream().anyMatch(network -> network.contains(address));
        return reached && !address.isLinkLocalAddress() ? ports.rdmaPort(tcpPort) : OptionalInt.empty();
    }

    private static InetAddress address(String host) {
        try {
            return InetAddress.getByAddress(Cidr.address(host));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(host, e);
        }
    }
}
