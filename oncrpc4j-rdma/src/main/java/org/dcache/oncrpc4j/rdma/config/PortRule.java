// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where services that are known by their TCP port serve RDMA: all at the port itself, all at one port, or each at its own, the others not at all.
 * Immutable.
 */
public final class PortRule {

    private static final String SAME = "same";

    private final boolean same;
    private final int one;
    private final Map<Integer, Integer> pairs;

    private PortRule(boolean same, int one, Map<Integer, Integer> pairs) {
        this.same = same;
        this.one = one;
        this.pairs = pairs;
    }

    /**
     * @param text {@code same}, a port, or pairs {@code TCPPORT>RDMAPORT} separated by commas
     * @throws IllegalArgumentException it is none of these
     */
    static PortRule parse(String text) {
        if (text.equals(SAME)) {
            return new PortRule(true, 0, Map.of());
        }
        if (!text.contains(">")) {
            return new PortRule(false, port(text), Map.of());
        }
        Map<Integer, Integer> pairs = new LinkedHashMap<>();
        for (String pair : text.split("\\s*,\\s*", -1)) {
            String[] ports = pair.split("\\s*>\\s*", -1);
            if (ports.length != 2 || pairs.put(port(ports[0]), port(ports[1])) != null) {
                throw new IllegalArgumentException(text);
            }
        }
        return new PortRule(false, 0, Collections.unmodifiableMap(pairs));
    }

    private static int port(String text) {
        int port = Integer.parseInt(text);
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException(text);
        }
        return port;
    }

    /** @return 1 to 65535, or 0 when that service serves no RDMA */
    public int rdmaPort(int tcpPort) {
        return same ? tcpPort : one != 0 ? one : pairs.getOrDefault(tcpPort, 0);
    }

    @Override
    public String toString() {
        return same ? SAME : one != 0 ? "" + one : pairs.toString();
    }
}
