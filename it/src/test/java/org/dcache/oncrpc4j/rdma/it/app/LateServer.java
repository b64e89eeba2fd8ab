// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app;

import java.io.IOException;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/**
 * Starts a service ({@code EARLY address}), waits for a line on stdin, during which an agent can be attached, and then runs an {@link
 * EchoServer} in addition.
 */
public final class LateServer {

    private LateServer() {}

    public static void main(String[] args) throws Exception {
        OncRpcSvc early = EchoServer.build(EchoService.PROGRAM, 0, "tcp");
        early.start();
        System.out.println("EARLY " + early.getInetSocketAddress(IpProtocolType.TCP));
        skipLine();
        EchoServer.main(args);
    }

    /** Reads without a buffer, so that the rest of stdin is left to {@link EchoServer}. */
    private static void skipLine() throws IOException {
        int c = System.in.read();
        while (c != '\n' && c >= 0) {
            c = System.in.read();
        }
    }
}
