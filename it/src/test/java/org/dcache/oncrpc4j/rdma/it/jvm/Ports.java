// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.jvm;

import java.io.IOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Ports and addresses of this machine. */
public final class Ports {

    private Ports() {}

    /** Below the ports that Linux gives to sockets that do not ask for one, which could take a port that was free a moment ago. */
    private static final int FIRST = 21_000;
    private static final int LAST = 32_000;

    /** A port that is free at all addresses, like the next one. */
    public static int freePair() throws IOException {
        for (int attempt = 0; attempt < 100; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
            try (ServerSocket one = new ServerSocket(port, 1); ServerSocket two = new ServerSocket(port + 1, 1)) {
                return one.getLocalPort();
            } catch (IOException e) {
                // one of them was taken
            }
        }
        throw new IOException("no two free ports from " + FIRST + " to " + LAST);
    }

    /**
     * Waits until nothing is bound to this address, TCP or UDP: what a selector knows the JDK closes in the selector's next turn.
     *
     * @throws IOException when something is bound to it after ten seconds
     */
    public static void awaitFree(InetSocketAddress address) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (true) {
            try (ServerSocket tcp = new ServerSocket(); DatagramSocket udp = new DatagramSocket(null)) {
                tcp.bind(address);
                udp.bind(address);
                return;
            } catch (BindException e) {
                if (System.nanoTime() - end > 0) {
                    throw e;
                }
                Thread.sleep(20);
            }
        }
    }

    public static boolean haveIpv6() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("::1"))) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
