// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo.app;

import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.tool.app.Console;
import org.dcache.oncrpc4j.rdma.tool.counters.JmxCounters;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrInt;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * An oncrpc4j client as anybody would write it. It answers {@code connect PORT} (in place of the connection before, if there is one),
 * {@code run PROCEDURE LENGTH CALLS THREADS} with {@code done NANOSECONDS} when every byte was right, else with {@code wrong} and what; and
 * {@code counters} and {@code quit}.
 */
public final class DemoClient {

    private static final long TIMEOUT_SECONDS = 20;

    private OncRpcClient client;
    private RpcCall rpc;

    private DemoClient() {}

    public static void main(String[] args) throws Exception {
        Console console = new Console(DemoProgram.MARK);
        console.say("ready");
        DemoClient demo = new DemoClient();
        console.serve(line -> {
            String[] command = line.split(" ");
            return switch (command[0]) {
                case "counters" -> JmxCounters.line();
                case "connect" -> demo.connect(Integer.parseInt(command[1]));
                default -> demo.run(Integer.parseInt(command[1]), Integer.parseInt(command[2]), Integer.parseInt(command[3]),
                        Integer.parseInt(command[4]));
            };
        });
        demo.client.close();
        console.say("bye");
        System.exit(0);
    }

    private String connect(int port) throws IOException {
        if (client != null) {
            client.close();
        }
        client = new OncRpcClient(InetAddress.getByName("127.0.0.1"), IpProtocolType.TCP, port);
        rpc = new RpcCall(DemoProgram.PROGRAM, DemoProgram.VERSION, new RpcAuthTypeNone(), client.connect());
        return "connected";
    }

    private String run(int procedure, int length, int calls, int threads) throws InterruptedException {
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            long start = System.nanoTime();
            List<Future<String>> results = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                int first = thread;
                results.add(executor.submit(() -> {
                    String wrong = null;
                    for (int i = first; i < calls && wrong == null; i += threads) {
                        wrong = call(procedure, i, length);
                    }
                    return wrong;
                }));
            }
            for (Future<String> result : results) {
                String wrong = result.get();
                if (wrong != null) {
                    return "wrong " + wrong;
                }
            }
            return "done " + (System.nanoTime() - start);
        } catch (ExecutionException e) {
            return "wrong " + e.getCause();
        } finally {
            executor.shutdownNow();
        }
    }

    /** Returns null, or what was wrong with the reply. */
    private String call(int procedure, int call, int length) throws Exception {
        switch (procedure) {
            case DemoProgram.NULL -> {
                rpc.call(procedure, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, TIMEOUT_SECONDS, TimeUnit.SECONDS);
                return null;
            }
            case DemoProgram.WRITE -> {
                XdrInt mismatch = new XdrInt();
                rpc.call(procedure, new DemoProgram.Data(call, length, KnownData.of(call, length)), mismatch, TIMEOUT_SECONDS,
                        TimeUnit.SECONDS);
                return mismatch.intValue() < 0 ? null : "call " + call + ": the server saw a wrong byte at " + mismatch.intValue() + " of "
                        + length;
            }
            case DemoProgram.READ -> {
                DemoProgram.Data data = new DemoProgram.Data();
                rpc.call(procedure, new DemoProgram.Wanted(call, length), data, TIMEOUT_SECONDS, TimeUnit.SECONDS);
                return check(call, length, data);
            }
            default -> {
                DemoProgram.Data data = new DemoProgram.Data();
                rpc.call(procedure, new DemoProgram.Data(call, length, KnownData.of(call, length)), data, TIMEOUT_SECONDS,
                        TimeUnit.SECONDS);
                return check(call, length, data);
            }
        }
    }

    private static String check(int call, int length, DemoProgram.Data data) {
        if (data.call != call || data.length != length) {
            return "call " + call + " of " + length + " bytes got the reply to call " + data.call + " of " + data.length;
        }
        int mismatch = KnownData.mismatch(call, length, data.bytes);
        return mismatch < 0 ? null : "call " + call + ": the reply has a wrong byte at " + mismatch + " of " + length;
    }
}
