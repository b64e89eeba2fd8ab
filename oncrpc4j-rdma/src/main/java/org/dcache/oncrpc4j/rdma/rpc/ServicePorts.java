// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.ConfigurationException;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.config.Transport;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;

/**
 * Which addresses and ports a service is served on over RDMA, and which ports a client reaches over RDMA: the rules of {@code oncrpc.rdma.port},
 * {@code .bind} and {@code .connect}.
 */
final class ServicePorts {

    private static final int NFS = 2049;
    private static final int NFS_RDMA = 20049;
    private static final int PORTMAP = 111;

    private ServicePorts() {}

    /** First and last port to try; 0 and 0: an ephemeral one. */
    record Range(int first, int last) {}

    static Range range(ServiceContext service, Configuration config) {
        Integer given = config.portOf(service.name());
        if (given != null) {
            return new Range(given, given);
        }
        if (config.get(Settings.TRANSPORT) != Transport.TCP_AND_RDMA) {
            return new Range(service.minPort(), Math.max(service.minPort(), service.maxPort()));
        }
        if (service.minPort() == NFS && service.maxPort() == NFS) {
            return new Range(NFS_RDMA, NFS_RDMA);
        }
        throw new ConfigurationException("service " + service.name() + " on port " + service.minPort() + " keeps its TCP port with oncrpc.transport=tcp,rdma;"
                + " say which port RDMA gets: " + Settings.PORT.name() + " or " + Settings.PORT.name() + "." + service.name());
    }

    static List<InetAddress> addresses(ServiceContext service, Configuration config) throws UnknownHostException {
        List<InetAddress> addresses = new ArrayList<>();
        List<String> names = config.get(Settings.BIND).isEmpty() ? List.of(service.bindAddress()) : config.get(Settings.BIND);
        for (String name : names) {
            addresses.add(InetAddress.getByName(name));
        }
        return addresses;
    }

    /** Whether a client's connection to this address goes over RDMA. */
    static boolean diverts(InetSocketAddress address, Configuration config) {
        if (address.getPort() == PORTMAP) {
            return false;
        }
        return config.get(Settings.TRANSPORT) != Transport.TCP_AND_RDMA || config.get(Settings.CONNECT).containsKey(address.getPort());
    }

    /** Where it goes. */
    static InetSocketAddress target(InetSocketAddress address, Configuration config) {
        if (config.get(Settings.TRANSPORT) != Transport.TCP_AND_RDMA) {
            return address;
        }
        int port = config.get(Settings.CONNECT).getOrDefault(address.getPort(), address.getPort());
        return address.isUnresolved() ? InetSocketAddress.createUnresolved(address.getHostString(), port)
                : new InetSocketAddress(address.getAddress(), port);
    }
}
