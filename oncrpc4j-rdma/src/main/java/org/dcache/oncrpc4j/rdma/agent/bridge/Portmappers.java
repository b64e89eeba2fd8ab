// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.bridge;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/**
 * The portmappers of this JVM that run, each with its TCP port. They stay on TCP wherever they listen, so a client of the same JVM must
 * reach them there too; other JVMs know them by port 111 only. A service is in here from its start to its stop. Any thread.
 */
final class Portmappers {

    private static final Map<OncRpcSvc, Integer> PORTS = new ConcurrentHashMap<>();

    private Portmappers() {}

    static void started(OncRpcSvc service) {
        InetSocketAddress address = service.getInetSocketAddress(IpProtocolType.TCP);
        if (address != null) {
            PORTS.put(service, address.getPort());
        }
    }

    static void stopping(OncRpcSvc service) {
        PORTS.remove(service);
    }

    /** Whether one of them listens there. */
    static boolean listenOn(InetSocketAddress address) {
        return PORTS.containsValue(address.getPort()) && !address.isUnresolved() && isOurs(address.getAddress());
    }

    private static boolean isOurs(InetAddress address) {
        try {
            return address.isLoopbackAddress() || address.isAnyLocalAddress() || NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException e) {
            return false;
        }
    }
}
