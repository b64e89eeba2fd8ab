// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app;

import java.net.InetSocketAddress;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/** Starts a server, calls it, and stops it. Prints {@code DEPLOYED name loader} and what {@link EchoClient} prints. */
public final class WebApplication {

    private WebApplication() {}

    public static void run(String name) throws Exception {
        System.out.println("DEPLOYED " + name + " " + OncRpcSvc.class.getClassLoader().getName());
        OncRpcSvc service = EchoServer.build(EchoService.PROGRAM, 0, "tcp");
        service.start();
        InetSocketAddress address = service.getInetSocketAddress(IpProtocolType.TCP);
        EchoClient.call(new String[] {address.getAddress().getHostAddress(), "" + address.getPort(), "100", "200000"});
        service.stop();
    }
}
