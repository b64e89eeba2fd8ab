// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.ping;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.rpc.RdmaRpcTransport;
import org.dcache.oncrpc4j.rdma.rpc.RdmaTransportProvider;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.dcache.oncrpc4j.rdma.xprt.ConnectionReport;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * One RDMA connection of our own, without the agent: an endpoint as the agent would open it for a client's service, and a connection from
 * it. Used by one thread; {@link #close} closes both.
 */
public final class RdmaClient implements AutoCloseable {

    private final ExecutorService executor = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "rpcrdma client");
        thread.setDaemon(true);
        return thread;
    });
    private final RpcEndpoint endpoint;
    private final RdmaRpcTransport transport;
    private final int program;
    private final int version;

    /** Connects, or throws and leaves nothing behind. */
    public RdmaClient(InetSocketAddress server, int program, int version, Configuration config, long timeoutMillis) throws IOException {
        this.program = program;
        this.version = version;
        try {
            endpoint = new RdmaTransportProvider()
                    .open(new ServiceContext("rpcrdma", true, Map.of(), executor, null, false, call -> {}, 0, 0,
                    "0.0.0.0", 1, false, false), config);
        } catch (RuntimeException e) {
            executor.shutdown();
            throw e;
        }
        try {
            endpoint.start();
            RpcTransport connected = endpoint.connect(server, timeoutMillis, TimeUnit.MILLISECONDS);
            transport = (RdmaRpcTransport) connected;
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** What was agreed on; the granted credits are known after the first call. */
    public ConnectionReport report() {
        return transport.report();
    }

    /** What was agreed on, for JSON. */
    public static Map<String, Object> members(ConnectionReport report) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("provider", report.provider());
        result.put("local", text(report.local()));
        result.put("remote", text(report.remote()));
        result.put("inline_send", report.inlineSend());
        result.put("inline_receive", report.inlineReceive());
        result.put("credits", report.credits());
        result.put("crc", report.crc());
        result.put("ird", report.ird());
        result.put("ord", report.ord());
        result.put("remote_invalidation", report.remoteInvalidation());
        result.put("detail", report.detail());
        return result;
    }

    static String text(InetSocketAddress address) {
        return new Target(address.getAddress().getHostAddress(), address.getPort()).toString();
    }

    /** Makes a NULL call and waits for the reply; returns the time it took in nanoseconds. */
    public long nullCall(long timeoutMillis) throws IOException, TimeoutException {
        return nullCall(transport, program, version, timeoutMillis);
    }

    /** The transport, for calls of other programs too. */
    public RpcTransport transport() {
        return transport;
    }

    /** As {@link #nullCall(long)}, over any transport. */
    public static long nullCall(RpcTransport over, int program, int version, long timeoutMillis) throws IOException, TimeoutException {
        RpcCall rpc = new RpcCall(program, version, new RpcAuthTypeNone(), over);
        long start = System.nanoTime();
        rpc.call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, timeoutMillis, TimeUnit.MILLISECONDS);
        return System.nanoTime() - start;
    }

    @Override
    public void close() {
        endpoint.stop();
        executor.shutdown();
    }
}
