// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrOpaque;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * One thread that makes synchronous calls, one after the other, and what ends them: answers of all sizes, calls back, a time-out, an
 * interrupt, the end of the connection. What ends without an answer has a connection of its own. It uses nothing but oncrpc4j. Arguments:
 * {@code serve}, for the server, which ends with a line of its input; or {@code call}, the server's port, and how often 50 calls are made
 * at most before each part, until a bean of the transport says that the thread serves the loop. It prints {@code SERVES} and the part, or
 * {@code ALONE} where that does not come, and after the part {@code DONE}. In the last part it prints {@code STOP}: the server is to be
 * stopped then.
 */
public final class WaitingCalls implements RpcDispatchable {

    private static final OncRpcProgram PROGRAM = new OncRpcProgram(0x20049, 1);
    private static final int NULL = 0;
    private static final int ECHO = 1;
    private static final int HOLD = 2;
    private static final int CALL_BACK = 3;

    private interface Part {
        void run(RpcCall call) throws Exception;
    }

    @Override
    public void dispatchOncRpcCall(RpcCall call) throws IOException {
        switch (call.getProcedure()) {
            case NULL -> call.reply(XdrVoid.XDR_VOID);
            case ECHO -> call.reply(argument(call));
            case HOLD -> {
                // It is never answered.
            }
            case CALL_BACK -> {
                XdrOpaque answer = new XdrOpaque();
                new RpcCall(PROGRAM.getNumber(), 1, new RpcAuthTypeNone(), call.getTransport().getPeerTransport())
                        .call(ECHO, argument(call), answer);
                call.reply(answer);
            }
            default -> call.failProcedureUnavailable();
        }
    }

    private static XdrOpaque argument(RpcCall call) throws IOException {
        XdrOpaque bytes = new XdrOpaque();
        call.retrieveCall(bytes);
        return bytes;
    }

    private static void echo(RpcCall call, int procedure, int size) throws IOException {
        byte[] bytes = new byte[size];
        Arrays.fill(bytes, (byte) size);
        XdrOpaque answer = new XdrOpaque();
        call.call(procedure, new XdrOpaque(bytes), answer, null);
        if (!Arrays.equals(bytes, answer.getOpaque())) {
            throw new IOException("the answer differs from the " + size + " bytes sent");
        }
    }

    private static long waits() throws Exception {
        long sum = 0;
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        for (ObjectName bean : beans.queryNames(new ObjectName("org.dcache.oncrpc4j.rdma:type=Counters,*"), null)) {
            for (Object row : ((TabularData) beans.getAttribute(bean, "Counters")).values()) {
                CompositeData counter = (CompositeData) row;
                sum += ((String) counter.get("key")).endsWith(".waits_in_loop") ? (Long) counter.get("value") : 0;
            }
        }
        return sum;
    }

    private static void part(int tries, String name, RpcCall call, Part part) throws Exception {
        long before = waits();
        for (int i = 0; i < tries && waits() < before + 20; i++) {
            for (int j = 0; j < 50; j++) {
                call.call(NULL, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 60, TimeUnit.SECONDS);
            }
        }
        System.out.println((waits() < before + 20 ? "ALONE " : "SERVES ") + name);
        part.run(call);
        System.out.println("DONE " + name);
    }

    private static void timeOut(RpcCall call) throws Exception {
        try {
            call.call(HOLD, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 100, TimeUnit.MILLISECONDS);
            throw new IOException("expected a time-out");
        } catch (TimeoutException e) {
            echo(call, ECHO, 100);
        }
    }

    private static void interrupt(RpcCall call) throws Exception {
        Thread waiting = Thread.currentThread();
        Thread other = new Thread(() -> {
            try {
                Thread.sleep(100);
                waiting.interrupt();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        other.start();
        try {
            call.call(HOLD, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            throw new IOException("expected an interrupt");
        } catch (InterruptedIOException e) {
            echo(call, ECHO, 100);
        }
    }

    private static void end(RpcCall call) throws Exception {
        System.out.println("STOP");
        try {
            call.call(HOLD, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            throw new IllegalStateException("expected the end of the connection");
        } catch (IOException e) {
            System.out.println("ENDED " + e.getClass().getName());
        }
    }

    private static void connected(int port, Part parts) throws Exception {
        try (OncRpcClient client = OncRpcClient.newBuilder().withTCP().withRpcService(PROGRAM, new WaitingCalls())
                .withServiceName("waiting client").build(new InetSocketAddress("127.0.0.1", port))) {
            parts.run(new RpcCall(PROGRAM.getNumber(), 1, new RpcAuthTypeNone(), client.connect()));
        }
    }

    public static void main(String[] args) throws Exception {
        if (args[0].equals("serve")) {
            OncRpcSvc service = new OncRpcSvcBuilder().withServiceName("waiting").withTCP().withoutAutoPublish()
                    .withBindAddress("127.0.0.1").withWorkerThreadIoStrategy().withRpcService(PROGRAM, new WaitingCalls()).build();
            service.start();
            System.out.println("READY " + service.getInetSocketAddress(IpProtocolType.TCP).getPort());
            System.in.read();
            service.stop();
            System.exit(0);
        }
        int port = Integer.parseInt(args[1]);
        int tries = Integer.parseInt(args[2]);
        connected(port, call -> {
            part(tries, "sizes", call, c -> {
                for (int size : new int[] {0, 1, 100, 5_000, 70_000, 1_000_000}) {
                    echo(c, ECHO, size);
                }
            });
            part(tries, "beside", call, c -> {
                var beside = c.call(ECHO, new XdrOpaque(new byte[5000]), XdrOpaque.class);
                echo(c, ECHO, 100);
                beside.get(30, TimeUnit.SECONDS);
            });
            for (int i = 0; i < 10; i++) {
                part(tries, "back " + i, call, c -> echo(c, CALL_BACK, 500));
            }
        });
        connected(port, call -> part(tries, "time-out", call, WaitingCalls::timeOut));
        connected(port, call -> part(tries, "interrupt", call, WaitingCalls::interrupt));
        connected(port, call -> part(tries, "end", call, WaitingCalls::end));
        System.exit(0);
    }
}
