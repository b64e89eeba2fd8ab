// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.ports;

import java.net.BindException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.dcache.oncrpc4j.rdma.config.Settings;

/**
 * Which service of this JVM serves RDMA on which port, so that the next one that is sent to a port which is taken can be told by whom:
 * programs with several services, such as dCache's pools, often give them one name and one setting. A port is in here from its binding to
 * its closing. Any thread.
 */
public final class PortsTaken {

    private record Taker(Object owner, String service) {}

    private static final String OF_TCP = "; a device whose ports are TCP's, as those of iWARP are, needs another number than the service's"
            + " TCP port, such as +10000 in a rule";

    private static final Map<Integer, Taker> TAKEN = new ConcurrentHashMap<>();

    private PortsTaken() {}

    /** @param service name and TCP port, for messages */
    public static void add(int port, Object owner, String service) {
        TAKEN.putIfAbsent(port, new Taker(owner, service));
    }

    /** All ports of that service. */
    public static void remove(Object owner) {
        TAKEN.values().removeIf(taker -> taker.owner() == owner);
    }

    /** What to throw when this service cannot bind the port that a setting gives it. @param ofTcp its TCP port has the same number */
    public static BindException refused(int port, String service, String setting, boolean ofTcp, BindException cause) {
        Taker owner = TAKEN.get(port);
        String text = owner == null ? cause.getMessage() + " (" + setting + ")" + (ofTcp ? OF_TCP : "")
                : service + " cannot serve RDMA on port " + port + ", where " + setting + " sends it: " + owner.service()
                        + " of this JVM does; give each service a port, with rules such as 2049>20049,33115-33145>+10000 or by "
                        + Settings.PORT.name() + ".<service name>";
        return (BindException) new BindException(text).initCause(cause);
    }
}
