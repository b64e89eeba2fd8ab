// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.export.ExportOptions;
import org.dcache.oncrpc4j.rdma.export.NfsExport;
import org.dcache.oncrpc4j.rdma.export.Squash;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfsclient.ClientOptions;
import org.dcache.oncrpc4j.rdma.nfsclient.MountClient;
import org.dcache.oncrpc4j.rdma.nfsclient.Nfs3Client;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.RpcAuth;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeUnix;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** NFS loads against the built-in export, over TCP. */
@Timeout(60)
class NfsExchangeTest {

    private static final long LONG = TimeUnit.MINUTES.toNanos(1);

    private final RpcAuth credential = new RpcAuthTypeUnix(0, 0, new int[0], 0, "test");
    private final NfsExport export = new NfsExport(new MemoryTree(64 << 20), ExportOptions.DEFAULT.withSquash(Squash.NONE));
    private final Map<Integer, Integer> seen = new ConcurrentHashMap<>();
    private OncRpcSvc server;
    private OncRpcSvc client;
    private Protocol protocol;
    private RpcCall call;

    @BeforeEach
    void connect() throws IOException {
        OncRpcSvcBuilder builder = new OncRpcSvcBuilder().withTCP().withoutAutoPublish().withBindAddress("127.0.0.1")
                .withWorkerThreadIoStrategy();
        export.programs().forEach((program, dispatchable) -> builder.withRpcService(program, c -> {
            seen.merge(c.getProgram() + c.getProcedure(), 1, Integer::sum);
            dispatchable.dispatchOncRpcCall(c);
        }));
        server = builder.build();
        server.start();
        client = new OncRpcSvcBuilder().withTCP().withClientMode().build();
        client.start();
        protocol = NfsExchange.protocol(server.getInetSocketAddress(IpProtocolType.TCP), credential);
        call = new RpcCall(protocol.program(), protocol.version(), credential,
                client.connect(server.getInetSocketAddress(IpProtocolType.TCP), 10, TimeUnit.SECONDS));
    }

    @AfterEach
    void stop() throws IOException {
        client.stop();
        server.stop();
        export.close();
    }

    @ParameterizedTest
    @CsvSource({"NULL,0,1,0", "NULL,0,7,2", "READ,1,1,0", "READ,5001,5,2", "READ,1048576,3,0", "WRITE,3,1,0", "WRITE,5001,5,2",
            "WRITE,1048576,3,0"})
    void everyCallIsAnsweredWithTheRightData(Operation operation, int size, int depth, int issuers) throws Exception {
        Load.Outcome outcome = new Load(call, depth, protocol.prepare(new Point(operation, size, depth), true)).run(LONG, 50, issuers);
        assertThat(outcome.calls()).isEqualTo(50);
    }

    @Test
    void theFileIsMadeOnce() throws Exception {
        Point point = new Point(Operation.READ, 4096, 1);
        protocol.prepare(point, true);
        Map<Integer, Integer> first = Map.copyOf(seen);
        protocol.prepare(point, false);
        assertThat(seen).isEqualTo(first).isNotEmpty();
    }

    @Test
    void otherDataThanWasWrittenEndsTheRun() throws Exception {
        Point point = new Point(Operation.READ, 4096, 1);
        Protocol.Supply supply = protocol.prepare(point, false);
        ClientOptions options = ClientOptions.of(server.getInetSocketAddress(IpProtocolType.TCP)).credential(credential);
        try (MountClient mount = new MountClient(options); Nfs3Client other = new Nfs3Client(options)) {
            FileHandle root = mount.mount("/");
            other.setattr(other.lookup(root, NfsText.of("bench-4096")).handle(), Sattr3.ofSize(0L), null);
        }
        assertThatThrownBy(() -> new Load(call, 1, supply).run(LONG, 50, 0)).isInstanceOf(DataMismatchException.class);
    }
}
