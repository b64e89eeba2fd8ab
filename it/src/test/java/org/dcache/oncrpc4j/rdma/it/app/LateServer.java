// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app;

import java.io.IOException;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/**
 * Serves TCP ({@code EARLY address}), waits for a character on stdin, and then is an {@link EchoServer} besides. Time to attach an agent.
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

    /** Unbuffered, so that the rest of stdin is left to others. */
    private static void skipLine() throws IOException {
        int c = System.in.read();
        while (c != '\n' && c >= 0) {
            c = System.in.read();
        }
    }
}
