// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.dcache.oncrpc4j.rdma.iwarp.RawPeer;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rdma.rpc.harness.RawClient;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.DevicePool;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A service has stopped; its device lives on, for others of the JVM. */
@Timeout(60)
class StoppedServiceTest {

    private final ExecutorService threads = Executors.newFixedThreadPool(2);

    @Test
    void aConnectUnderWayFails() throws Exception {
        LeakLedger before = LeakLedger.snapshot();
        try (LocalEndpoints stopping = new LocalEndpoints(Map.of(), Map.of(), threads);
                DevicePool.Lease other = DevicePool.acquire(stopping.config()).get(0);
                ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Future<?> connecting = threads.submit(() -> stopping.connect((InetSocketAddress) listener.getLocalSocketAddress()));
            try (RawPeer server = RawPeer.accept(listener)) {
                server.readFrame(false);
                stopping.close();
                server.send(RawPeer.frame(true, MpaFrame.ENHANCED | MpaFrame.CRC, 2, 8, 8, new byte[0]));
                assertThatThrownBy(connecting::get).hasCauseInstanceOf(IOException.class).hasMessageContaining("was stopped");
                assertThat(server.isClosedByOther()).isTrue();
            }
            LeakLedger.await("the connection has ended", () -> other.device().connections().isEmpty());
        } finally {
            threads.shutdownNow();
        }
        LeakLedger.assertNothingLeaked(before);
    }

    @Test
    void aHandshakeUnderWayIsNotAcceptedAfterTheStop() throws Exception {
        LeakLedger before = LeakLedger.snapshot();
        Map<OncRpcProgram, RpcDispatchable> programs =
                Map.of(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), new EchoProgram());
        try (LocalEndpoints stopping = new LocalEndpoints(Map.of(), programs, threads);
                DevicePool.Lease other = DevicePool.acquire(stopping.config()).get(0)) {
            RdmaEndpoint service = (RdmaEndpoint) stopping.server();
            try (RawClient late = RawClient.open(service.localAddress())) {
                // Accepted in order: when this one is served, the other one is at its handshake.
                RawClient.connected(service.localAddress()).close();
                service.stop();
                assertThat(service.counters().get(XprtCounter.CONNECTIONS_ACCEPTED)).isEqualTo(1);
                assertThatThrownBy(() -> {
                    late.peer.send(RawClient.request());
                    late.peer.readFrame(true);
                }).isInstanceOf(IOException.class);
            }
            // One that came up and was ended at once would look the same to the peer.
            assertThat(service.counters().get(XprtCounter.CONNECTIONS_ACCEPTED)).isEqualTo(1);
            assertThat(service.connections()).isEmpty();
            assertThat(LeakLedger.level("xprt.connections")).isZero();
            assertThat(other.device().connections()).isEmpty();
            service.start();
            LocalEndpoints.call(stopping.connect(), EchoProgram.PROGRAM).call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
        } finally {
            threads.shutdownNow();
        }
        LeakLedger.assertNothingLeaked(before);
    }
}
