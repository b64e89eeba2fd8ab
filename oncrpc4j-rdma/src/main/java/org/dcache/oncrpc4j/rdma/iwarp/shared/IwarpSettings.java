// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.shared;

import java.net.InetAddress;
import org.dcache.oncrpc4j.rdma.config.Choice;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.verbs.parts.LedLoop;

/**
 * The settings that software iWARP uses, taken out of the configuration once.
 *
 * @param crc whether we ask for CRCs: see {@link #asksForCrc}
 * @param mulpdu largest ULPDU to send in bytes; null: derived from the interface
 * @param loops event loops, at least 1; counts for the first adapter of the process only
 * @param spinNanos how long these loops look at their sockets after one had something, before they sleep
 * @param tos IP type of service, 0 leaves it alone
 * @param handshakes half-open handshakes per listener
 * @param waitInLoop whether a thread that waits for a reply or a call may serve the loop meanwhile
 * @param handshakeTimeoutMillis time for a peer's MPA Request, and for our own upper layer's answer to it
 */
public record IwarpSettings(
        Choice crc, Integer mulpdu, int loops, long spinNanos, int tos, int connections, int handshakes, boolean waitInLoop,
        long handshakeTimeoutMillis) {

    public static IwarpSettings of(Configuration config) {
        return new IwarpSettings(
                config.get(Settings.IWARP_CRC),
                config.get(Settings.IWARP_MULPDU),
                LedLoop.count(config.get(Settings.LOOPS)),
                LedLoop.spinNanos(config.get(Settings.IWARP_SPIN), Runtime.getRuntime().availableProcessors()),
                config.get(Settings.TOS),
                config.get(Settings.CONNECTIONS),
                config.get(Settings.HANDSHAKES),
                config.get(Settings.WAIT_IN_LOOP),
                config.get(Settings.HANDSHAKE_TIMEOUT));
    }

    /**
     * Whether we ask for CRCs on a connection. What goes from an address of this host to the same one, or to a loopback address, stays in
     * the memory of this host, with no network on its way: there {@link Choice#AUTO} does not ask (RFC 5044: no CRCs only where an
     * administrator said so, which is the setting).
     */
    public boolean asksForCrc(InetAddress local, InetAddress remote) {
        return crc == Choice.ON || crc == Choice.AUTO && !remote.isLoopbackAddress() && !remote.equals(local);
    }
}
