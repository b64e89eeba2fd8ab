// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which port a program sees its clients come to, where RDMA has another one than TCP. */
@Timeout(60)
class ServicePortSeenTest {

    private static final OncRpcProgram PROGRAM = new OncRpcProgram(0x20000099, 1);
    private static final int TCP_PORT = 33115;

    @Test
    void aProgramSeesItsServicesTcpPortAndAClientTheOneItConnectedTo() throws Exception {
        ExecutorService executor = java.util.concurrent.Executors.newFixedThreadPool(2);
        AtomicReference<InetSocketAddress> seen = new AtomicReference<>();
        Configuration config = Configuration.of(Map.of("oncrpc.transport", "tcp,rdma", "oncrpc.rdma.provider", "iwarp",
                "oncrpc.rdma.memory", "64m", "oncrpc.rdma.port", "0", "oncrpc.rdma.connect", "same"));
        RdmaEndpoint server = new RdmaEndpoint(new ServiceContext("pool", false, Map.of(PROGRAM, call -> {
            seen.set(call.getTransport().getLocalSocketAddress());
            call.reply(XdrVoid.XDR_VOID);
        }), executor, null, false, c -> {}, 0, 0, "127.0.0.1", 10, false, false), config);
        RdmaEndpoint client = new RdmaEndpoint(new ServiceContext(null, true, Map.of(), executor, null, false, c -> {}, 0, 0, null, 10,
                false, false), config);
        try {
            server.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), TCP_PORT));
            client.start();
            RpcTransport transport = client.connect(server.localAddress(), 30, TimeUnit.SECONDS);
            new RpcCall(PROGRAM.getNumber(), PROGRAM.getVersion(), new RpcAuthTypeNone(),
                    transport).call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 30, TimeUnit.SECONDS);
            assertThat(seen.get()).isEqualTo(new InetSocketAddress(InetAddress.getLoopbackAddress(), TCP_PORT));
            assertThat(transport.getRemoteSocketAddress()).isEqualTo(server.localAddress());
            assertThat(transport.getLocalSocketAddress().getPort()).isNotEqualTo(TCP_PORT).isPositive();
        } finally {
            client.stop();
            server.stop();
            executor.shutdownNow();
        }
    }
}
