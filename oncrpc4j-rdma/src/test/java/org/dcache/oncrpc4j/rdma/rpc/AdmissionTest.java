// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerRejectedException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who may connect, and how many. */
@Timeout(120)
class AdmissionTest {

    private final ExecutorService executor = java.util.concurrent.Executors.newFixedThreadPool(2);

    @AfterEach
    void stop() {
        executor.shutdownNow();
    }

    private LocalEndpoints with(String setting, String value) throws IOException {
        return new LocalEndpoints(Map.of(setting, value), LocalEndpoints.echo(), executor);
    }

    private static void isServed(RpcTransport transport) throws IOException {
        LocalEndpoints.call(transport, EchoProgram.PROGRAM).call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
    }

    @Test
    void aPeerThatIsNotAllowedIsRefused() throws Exception {
        long before = Counters.process().get(XprtCounter.REFUSED_NOT_ALLOWED);
        try (LocalEndpoints peers = with("oncrpc.rdma.allow", "192.0.2.0/24,2001:db8::/32")) {
            assertThatExceptionOfType(PeerRejectedException.class).isThrownBy(peers::connect);
        }
        assertThat(Counters.process().get(XprtCounter.REFUSED_NOT_ALLOWED) - before).isEqualTo(1);
    }

    @Test
    void aPeerThatIsAllowedIsServed() throws Exception {
        try (LocalEndpoints peers = with("oncrpc.rdma.allow", "192.0.2.0/24,127.0.0.0/8")) {
            isServed(peers.connect());
        }
    }

    @Test
    void aConnectionBeyondTheBoundIsRefusedUntilOneHasEnded() throws Exception {
        long before = Counters.process().get(XprtCounter.REFUSED_TOO_MANY);
        try (LocalEndpoints peers = with("oncrpc.rdma.connections", "2")) {
            RpcTransport first = peers.connect();
            RpcTransport second = peers.connect();
            assertThatExceptionOfType(PeerRejectedException.class).isThrownBy(peers::connect);
            assertThat(Counters.process().get(XprtCounter.REFUSED_TOO_MANY) - before).isEqualTo(1);
            isServed(first);
            isServed(second);
            ((RdmaRpcTransport) first).close();
            isServed(connectWhenThereIsRoom(peers));
            isServed(second);
        }
    }

    private static RpcTransport connectWhenThereIsRoom(LocalEndpoints peers) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            try {
                return peers.connect();
            } catch (PeerRejectedException e) {
                assertThat(System.nanoTime()).as("the ended connection still counts").isLessThan(deadline);
            }
        }
    }
}
