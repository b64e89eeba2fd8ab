// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.harness;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.rpc.RdmaTransportProvider;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.ConnectListener;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.Endpoint;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.xprt.link.DevicePool;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;

/** A client on bare verbs: the test makes the headers, and so can do what our requester never does. */
public final class BareClient implements AutoCloseable {

    public static final int INLINE = 4096;
    private static final Configuration CONFIG = Configuration.of(Map.of("oncrpc.transport", "rdma", "oncrpc.rdma.provider", "iwarp",
            "oncrpc.rdma.memory", "64m"));

    public final Endpoint events = new Endpoint();
    private final Adapter adapter;
    private final List<Exposure> exposures = new ArrayList<>();

    public BareClient(InetSocketAddress server) throws IOException {
        adapter = DevicePool.installed().stream().filter(p -> p.name().equals("iwarp")).findFirst().orElseThrow().open(
                CONFIG);
        adapter.connect(server, new ConnectOptions(null, 10_000, new PrivateData(false, INLINE, INLINE).encode(), INLINE, 64, 8, 8), events,
                new ConnectListener() {
                    @Override
                    public void connected(QueuePair queuePair) {
                        // The endpoint is told.
                    }

                    @Override
                    public void failed(IOException cause) {
                        events.established.completeExceptionally(cause);
                    }
                });
    }

    /** A server of these programs, for such clients. */
    public static RpcEndpoint serve(Map<OncRpcProgram, RpcDispatchable> programs, ExecutorService executor) throws IOException {
        RpcEndpoint server = new RdmaTransportProvider().open(
                EndpointFixture.service("served", false, programs, executor), CONFIG);
        server.start();
        return server;
    }

    /** Memory that the server may read or write until {@link #fence}. */
    public Exposure expose(ByteBuffer memory, Access access) throws IOException {
        Exposure exposure = events.queuePair().expose(MemorySource.of(memory), access);
        exposures.add(exposure);
        return exposure;
    }

    public void fence() {
        exposures.forEach(e -> e.revoke(() -> {}));
        exposures.clear();
    }

    public void send(RdmaHeader header, byte[] payload) {
        ByteBuffer message = ByteBuffer.allocateDirect(header.encodedLength() + payload.length);
        message.put(header.encode(message, 0), payload);
        events.queuePair().postSend(new WorkRequest().send().add(message).signaled(true));
    }

    /** The next message of the server. */
    public ByteBuffer receive() {
        return ByteBuffer.wrap(events.message().data());
    }

    public static RdmaHeader header(int xid, int procedure) {
        return new RdmaHeader().reset().xid(xid).version(RdmaHeader.VERSION).credits(16).procedure(procedure);
    }

    /** Header of an RPC call with AUTH_NONE. */
    public static ByteBuffer rpcHeader(ByteBuffer target, int xid, int program, int procedure) {
        return target.putInt(xid).putInt(0).putInt(2).putInt(program).putInt(1).putInt(procedure).putLong(0).putLong(0);
    }

    @Override
    public void close() {
        fence();
        adapter.close();
    }
}
