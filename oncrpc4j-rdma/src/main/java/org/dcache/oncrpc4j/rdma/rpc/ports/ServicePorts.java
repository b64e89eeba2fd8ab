// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.ports;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.ConfigurationException;
import org.dcache.oncrpc4j.rdma.config.PortRule;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.config.Transport;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;

/**
 * Which addresses and ports a service is served on over RDMA, and which ports a client reaches over RDMA: the rules of {@code
 * oncrpc.rdma.port}, {@code .bind} and {@code .connect}.
 */
public final class ServicePorts {

    private static final int NFS = 2049;
    private static final int NFS_RDMA = 20049;
    private static final int PORTMAP = 111;

    private ServicePorts() {}

    /** What to do with them. @param first bind the first that is free, else each; none: the service is not served over RDMA */
    public record Ports(List<Integer> ports, boolean first) {}

    /**
     * @param tcp the service's TCP port, where it keeps it
     * @param shared whether RDMA connections can come on that port
     * @throws ConfigurationException the service has no TCP, and would have no RDMA either
     */
    public static Ports ports(ServiceContext service, Configuration config, int tcp, boolean shared) {
        PortRule rule = config.portOf(service.name());
        if (rule.one().isPresent()) {
            return new Ports(List.of(rule.one().getAsInt()), false);
        }
        if (config.get(Settings.TRANSPORT) == Transport.TCP_AND_RDMA) {
            if (rule.isSame() && tcp == NFS) {
                return new Ports(shared ? List.of(NFS_RDMA, NFS) : List.of(NFS_RDMA), false);
            }
            return new Ports(rule.rdmaPort(tcp).stream().boxed().toList(), false);
        }
        int last = Math.max(service.minPort(), service.maxPort());
        List<Integer> all = IntStream.rangeClosed(service.minPort(), last).flatMap(port -> rule.rdmaPort(port).stream()).boxed().toList();
        if (all.isEmpty()) {
            throw new ConfigurationException("no rule of " + config.portSettingOf(service.name()) + " names a port of the service "
                    + service.name() + ", "
                    + service.minPort() + (last > service.minPort() ? "-" + last : "") + ": with " + Settings.TRANSPORT.name()
                    + "=rdma it needs one");
        }
        return new Ports(all, true);
    }

    public static List<InetAddress> addresses(ServiceContext service, Configuration config) throws UnknownHostException {
        List<InetAddress> addresses = new ArrayList<>();
        List<String> names = config.get(Settings.BIND).isEmpty() ? List.of(service.bindAddress()) : config.get(Settings.BIND);
        for (String name : names) {
            addresses.add(InetAddress.getByName(name));
        }
        return addresses;
    }

    /** Whether a client's connection to this address goes over RDMA. */
    public static boolean diverts(InetSocketAddress address, Configuration config) {
        if (address.getPort() == PORTMAP) {
            return false;
        }
        return config.get(Settings.TRANSPORT) != Transport.TCP_AND_RDMA || config.get(Settings.CONNECT).covers(address.getPort());
    }

    /** Where it goes. */
    public static InetSocketAddress target(InetSocketAddress address, Configuration config) {
        if (config.get(Settings.TRANSPORT) != Transport.TCP_AND_RDMA) {
            return address;
        }
        int port = config.get(Settings.CONNECT).rdmaPort(address.getPort()).orElse(address.getPort());
        return address.isUnresolved() ? InetSocketAddress.createUnresolved(address.getHostString(), port)
                : new InetSocketAddress(address.getAddress(), port);
    }
}
