// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * Calls {@link EchoService} until a call fails for another reason than its time-out, which is short. Arguments: host and port. Prints
 * {@code CALLED} after the first answer, then waits for a line on stdin; prints {@code TIME-OUT} for each call without an answer, and
 * {@code FAILED exception} at the end.
 */
public final class ImpatientClient {

    private static final long FIRST_MILLIS = 20_000;
    private static final long MILLIS = 200;

    private ImpatientClient() {}

    public static void main(String[] args) throws Exception {
        InetSocketAddress server = new InetSocketAddress(args[0], Integer.parseInt(args[1]));
        try (OncRpcClient client = new OncRpcClient(server, IpProtocolType.TCP)) {
            RpcCall call = new RpcCall(EchoService.PROGRAM.getNumber(), EchoService.PROGRAM.getVersion(), new RpcAuthTypeNone(),
                    client.connect());
            call(call, FIRST_MILLIS);
            System.out.println("CALLED");
            System.in.read();
            while (true) {
                try {
                    call(call, MILLIS);
                } catch (TimeoutException e) {
                    System.out.println("TIME-OUT");
                }
            }
        } catch (IOException | RuntimeException e) {
            System.out.println("FAILED " + e);
        }
        System.exit(0);
    }

    private static void call(RpcCall call, long millis) throws IOException, TimeoutException {
        call.call(EchoService.NULL, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, millis, TimeUnit.MILLISECONDS);
    }
}
