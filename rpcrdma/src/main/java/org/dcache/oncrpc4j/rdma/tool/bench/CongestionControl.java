// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How the kernel decides what TCP may send. Both sides of a comparison are under it, and the JDK cannot choose another for a socket. One
 * that paces, such as BBR, limits what goes over loopback by a clock and not by the work that is done: processors are idle, and ratios of
 * bulk data come nearer to 1. Any thread.
 */
final class CongestionControl {

    private static final Path SETTING = Path.of("/proc/sys/net/ipv4/tcp_congestion_control");

    private CongestionControl() {}

    /** Its name here; empty where the system does not say. */
    static Optional<String> name() {
        try {
            return Optional.of(Files.readString(SETTING).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** What to say to who measures under this one. */
    static Optional<String> warning(String name) {
        return name.startsWith("bbr")
                ? Optional.of("TCP's congestion control is " + name + ", which paces: bulk data over loopback is limited by its clock, "
                        + "RDMA and TCP alike. To compare what the two cost: sysctl net.ipv4.tcp_congestion_control=cubic")
                : Optional.empty();
    }
}
