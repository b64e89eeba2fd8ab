// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app;

import org.dcache.oncrpc4j.portmap.OncRpcPortmap;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/**
 * Serves program 100000, known when the service is built or, with the argument {@code late}, registered afterwards. Prints {@code READY
 * address}, calls itself, as {@link EchoClient} does, then waits for the end of stdin.
 */
public final class Portmapper {

    private Portmapper() {}

    public static void main(String[] args) throws Exception {
        OncRpcProgram portmap = new OncRpcProgram(OncRpcPortmap.PORTMAP_PROGRAMM, OncRpcPortmap.PORTMAP_V2);
        boolean late = args.length > 0 && args[0].equals("late");
        OncRpcSvc service = EchoServer.build(late ? EchoService.PROGRAM : portmap, 0, "tcp");
        if (late) {
            service.register(portmap, new EchoService());
        }
        service.start();
        System.out.println("READY " + service.getInetSocketAddress(IpProtocolType.TCP));
        EchoClient.call(new String[] {"127.0.0.1", Integer.toString(service.getInetSocketAddress(IpProtocolType.TCP).getPort())});
        System.out.println("CALLED");
        System.in.read();
        service.stop();
        System.exit(0);
    }
}
