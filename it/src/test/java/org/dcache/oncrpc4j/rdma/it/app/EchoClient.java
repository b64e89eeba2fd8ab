// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrOpaque;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * Calls {@link EchoService}. Arguments: host, port, and sizes in bytes to echo. Prints {@code TRANSPORT class}, {@code NULL ok}, {@code
 * ECHO size ok}; or {@code FAILED exception}.
 */
public final class EchoClient {

    private static final long TIMEOUT = 20;

    private EchoClient() {}

    public static void main(String[] args) throws Exception {
        call(args);
        System.exit(0);
    }

    /** Makes the calls without ending the process. */
    static void call(String[] args) throws IOException {
        InetSocketAddress server = new InetSocketAddress(args[0], Integer.parseInt(args[1]));
        try (OncRpcClient client = new OncRpcClient(server, IpProtocolType.TCP)) {
            RpcTransport transport = client.connect();
            System.out.println("TRANSPORT " + transport.getClass().getName());
            RpcCall call = new RpcCall(EchoService.PROGRAM.getNumber(), EchoService.PROGRAM.getVersion(), new RpcAuthTypeNone(), transport);
            call.call(EchoService.NULL, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, TIMEOUT, TimeUnit.SECONDS);
            System.out.println("NULL ok");
            for (int i = 2; i < args.length; i++) {
                echo(call, Integer.parseInt(args[i]));
            }
        } catch (IOException | RuntimeException | TimeoutException e) {
            System.out.println("FAILED " + e);
        }
    }

    private static void echo(RpcCall call, int size) throws IOException, TimeoutException {
        byte[] sent = new byte[size];
        for (int i = 0; i < size; i++) {
            sent[i] = (byte) (i * 31 + (i >> 8));
        }
        XdrOpaque reply = new XdrOpaque();
        call.call(EchoService.ECHO, new XdrOpaque(sent), reply, TIMEOUT, TimeUnit.SECONDS);
        System.out.println("ECHO " + size + (Arrays.equals(sent, reply.getOpaque()) ? " ok" : " DIFFERS"));
    }
}
