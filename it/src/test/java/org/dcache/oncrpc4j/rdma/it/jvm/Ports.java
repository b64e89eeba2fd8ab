// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.jvm;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** Ports and addresses of this machine. */
public final class Ports {

    private Ports() {}

    /** A port that is free, and so is the next. */
    public static int freePair() throws IOException {
        for (int attempt = 0; attempt < 100; attempt++) {
            try (ServerSocket one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                    ServerSocket two = new ServerSocket(one.getLocalPort() + 1, 1, InetAddress.getLoopbackAddress())) {
                return one.getLocalPort();
            } catch (IOException | IllegalArgumentException e) {
                // the next port was taken, or there is none
            }
        }
        throw new IOException("no two free ports");
    }

    public static boolean haveIpv6() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("::1"))) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
