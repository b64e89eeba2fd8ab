// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app.failures;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrInt;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * Places where the server is killed while a call waits. The server is a process of its own, which runs this: it prints {@code PORT} and
 * its port, and {@code HELD} when it has a call that it does not answer.
 */
public final class KilledServer {

    private KilledServer() {}

    static void addTo(Map<String, Attempt> places) {
        for (String way : new String[] {"synchronous", "handler", "future"}) {
            places.put("call that waits while the server is killed, " + way, () -> {
                List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
                command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
                command.addAll(List.of("-cp", System.getProperty("java.class.path"), KilledServer.class.getName()));
                Process process = new ProcessBuilder(command).redirectError(new File("/dev/null")).start();
                OncRpcSvc client = Site.service("client").withClientMode().build();
                try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
                    String line = out.readLine();
                    while (!line.startsWith("PORT ")) {
                        line = out.readLine();
                    }
                    client.start();
                    RpcTransport transport = client.connect(new InetSocketAddress("127.0.0.1", Integer.parseInt(line.substring(5))));
                    RpcCall call = new RpcCall(Site.PROGRAM.getNumber(), 1, new RpcAuthTypeNone(), transport);
                    call.call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
                    Thread killer = new Thread(() -> {
                        try {
                            String text = out.readLine();
                            while (text != null && !text.equals("HELD")) {
                                text = out.readLine();
                            }
                        } catch (IOException e) {
                            // as good as held
                        }
                        process.destroyForcibly();
                    });
                    killer.setDaemon(true);
                    killer.start();
                    if (way.equals("synchronous")) {
                        call.call(Site.HOLD, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
                    } else if (way.equals("future")) {
                        call.call(Site.HOLD, XdrVoid.XDR_VOID, XdrInt.class).get();
                    } else {
                        Site.Heard heard = new Site.Heard();
                        call.call(Site.HOLD, XdrVoid.XDR_VOID, heard);
                        heard.rethrow();
                    }
                } finally {
                    process.destroyForcibly();
                    client.stop();
                }
            });
        }
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        OncRpcSvc server = Site.service("server").withRpcService(Site.PROGRAM, call -> {
            if (call.getProcedure() == Site.HOLD) {
                System.out.println("HELD");
            } else {
                call.reply(XdrVoid.XDR_VOID);
            }
        }).build();
        server.start();
        System.out.println("PORT " + server.getInetSocketAddress(IpProtocolType.TCP).getPort());
        new CountDownLatch(1).await();
    }
}
