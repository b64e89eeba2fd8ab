// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.app;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
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
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrOpaque;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * A service with clients under load in one JVM, on a device that is removed meanwhile. Arguments: address, a file that appears when the
 * device is gone, and the number of connections. Prints for each connection {@code TRANSPORT class}, and {@code READY} when all calls are
 * under way; then for each thread that made calls {@code CALL exception}, and for each call that was never answered {@code PENDING
 * exception}; {@code GAUGES} with those that are not 0 as soon as there is none, or after a while; when the file is there, {@code START
 * exception} of another service; and {@code STOPPED}.
 */
public final class RemovedDevice {

    private static final OncRpcProgram PROGRAM = new OncRpcProgram(0x20049, 1);
    private static final int ECHO = 1;
    private static final int SILENCE = 2;
    private static final int[] SIZES = {16, 3000, 40_000};
    private static final int CALLS_BEFORE_READY = 3;
    private static final long PATIENCE_SECONDS = 240;

    /** Calls that will not be answered. */
    private static final Semaphore SILENT = new Semaphore(0);

    private RemovedDevice() {}

    public static void main(String[] args) throws Exception {
        Path deleted = Path.of(args[1]);
        OncRpcSvc service = service(args[0]);
        service.start();
        InetSocketAddress address = service.getInetSocketAddress(IpProtocolType.TCP);
        int connections = Integer.parseInt(args[2]);
        CountDownLatch busy = new CountDownLatch(connections * SIZES.length);
        List<Thread> threads = new ArrayList<>();
        List<Thread> silent = new ArrayList<>();
        List<OncRpcClient> clients = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            OncRpcClient client = new OncRpcClient(address, IpProtocolType.TCP);
            clients.add(client);
            RpcTransport transport = client.connect();
            System.out.println("TRANSPORT " + transport.getClass().getName());
            for (int size : SIZES) {
                threads.add(new Thread(() -> echo(transport, size, busy)));
            }
            silent.add(new Thread(() -> pending(transport)));
        }
        threads.forEach(Thread::start);
        busy.await();
        // Not earlier: there is one credit until the first reply, which these calls would keep.
        silent.forEach(Thread::start);
        threads.addAll(silent);
        SILENT.acquire(connections);
        System.out.println("READY");
        for (Thread thread : threads) {
            thread.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
        }
        System.out.println("GAUGES " + settledGauges());
        long start = System.nanoTime();
        while (!Files.exists(deleted) && System.nanoTime() - start < TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS)) {
            Thread.sleep(100);
        }
        try {
            OncRpcSvc another = service(args[0]);
            another.start();
            System.out.println("START ok");
        } catch (IOException | RuntimeException e) {
            System.out.println("START " + e);
        }
        for (OncRpcClient client : clients) {
            client.close();
        }
        service.stop();
        System.out.println("STOPPED");
        System.exit(0);
    }

    private static OncRpcSvc service(String address) {
        return new OncRpcSvcBuilder().withServiceName("removed").withoutAutoPublish().withBindAddress(address).withTCP()
                .withWorkerThreadIoStrategy()
                .withRpcService(PROGRAM, RemovedDevice::dispatch).build();
    }

    private static void dispatch(RpcCall call) throws IOException {
        switch (call.getProcedure()) {
            case ECHO -> {
                XdrOpaque bytes = new XdrOpaque();
                call.retrieveCall(bytes);
                call.reply(bytes);
            }
            case SILENCE -> {
                // The caller waits for ever.
                SILENT.release();
            }
            default -> call.failProcedureUnavailable();
        }
    }

    private static RpcCall call(RpcTransport transport) {
        return new RpcCall(PROGRAM.getNumber(), PROGRAM.getVersion(), new RpcAuthTypeNone(), transport);
    }

    private static void echo(RpcTransport transport, int size, CountDownLatch busy) {
        RpcCall call = call(transport);
        byte[] bytes = new byte[size];
        try {
            for (int done = 1; ; done++) {
                XdrOpaque answer = new XdrOpaque();
                call.call(ECHO, new XdrOpaque(bytes), answer);
                if (answer.getOpaque().length != size) {
                    throw new IOException("an answer of " + answer.getOpaque().length + " bytes");
                }
                if (done == CALLS_BEFORE_READY) {
                    busy.countDown();
                }
            }
        } catch (IOException e) {
            busy.countDown();
            System.out.println("CALL " + e);
        }
    }

    private static void pending(RpcTransport transport) {
        try {
            call(transport).call(SILENCE, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            System.out.println("PENDING answered");
        } catch (IOException e) {
            System.out.println("PENDING " + e);
        }
    }

    /** The gauges that are not 0, except that of memory that is kept for the next use. */
    private static Map<String, Long> settledGauges() throws JMException, InterruptedException {
        long start = System.nanoTime();
        while (true) {
            Map<String, Long> held = gauges();
            if (held.isEmpty() || System.nanoTime() - start > TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS)) {
                return held;
            }
            Thread.sleep(100);
        }
    }

    private static Map<String, Long> gauges() throws JMException {
        Map<String, Long> held = new TreeMap<>();
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        for (ObjectName bean : beans.queryNames(new ObjectName("org.dcache.oncrpc4j.rdma:type=Counters,*"), null)) {
            for (Object row : ((TabularData) beans.getAttribute(bean, "Gauges")).values()) {
                String name = (String) ((CompositeData) row).get("key");
                long level = (Long) ((CompositeData) row).get("value");
                if (level != 0 && !name.equals("xprt.regbuf_bytes")) {
                    held.put(name, level);
                }
            }
        }
        return held;
    }
}
