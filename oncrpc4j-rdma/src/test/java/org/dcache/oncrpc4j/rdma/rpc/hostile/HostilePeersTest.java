// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.iwarp.RawPeer;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.metrics.CounterName;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rpc.RdmaRpcTransport;
import org.dcache.oncrpc4j.rdma.rpc.harness.Bystander;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rdma.rpc.harness.RawClient;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Peers that stop reading, trickle, send halves of messages or never answer our Reads, many at once: each is ended, or costs next to
 * nothing, a counter says so, the bystander's calls are answered, and at the end nothing is held that was not held before.
 */
@Timeout(600)
class HostilePeersTest {

    private static final int PEERS = 50;

    private final ExecutorService executor = java.util.concurrent.Executors.newFixedThreadPool(8);
    private final LeakLedger before = LeakLedger.snapshot();
    private final List<RawClient> clients = new ArrayList<>();
    private LocalEndpoints peers;
    private Bystander bystander;
    private LeakLedger quiet;

    private InetSocketAddress serve(Map<String, String> settings) throws IOException {
        peers = new LocalEndpoints(settings, LocalEndpoints.echo(), executor);
        bystander = new Bystander(peers.connect());
        quiet = LeakLedger.snapshot();
        return peers.server().localAddress();
    }

    @AfterEach
    void stop() throws Exception {
        for (RawClient client : clients) {
            client.close();
        }
        bystander.round();
        LeakLedger.assertNothingLeaked(quiet);
        peers.close();
        executor.shutdownNow();
        LeakLedger.assertNothingLeaked(before);
    }

    private RawClient add(RawClient client) {
        clients.add(client);
        return client;
    }

    /** Remembers a counter, to say what was counted since. */
    private static final class Since {
        private final CounterName name;
        private final long before;

        Since(CounterName name) {
            this.name = name;
            this.before = Counters.process().get(name);
        }

        long count() {
            return Counters.process().get(name) - before;
        }
    }

    @Test
    void aPeerThatCallsBeyondItsCreditsIsClosed() throws Exception {
        InetSocketAddress server = serve(Map.of("oncrpc.rdma.iwarp.crc", "off"));
        Since overrun = new Since(XprtCounter.CREDIT_OVERRUN);
        Since drops = new Since(XprtCounter.SENDCTX_OVERRUN);
        RawClient client = add(RawClient.connected(server));
        try {
            for (int i = 0; i < 100_000; i++) {
                client.peer.send(client.echo(3000));
            }
        } catch (SocketException e) {
            // The server had enough of us.
        }
        LeakLedger.await("the peer is closed", () -> overrun.count() + drops.count() >= 1);
    }

    /** It never has more calls in work than granted: only the answers, which it does not take, tell. */
    @Test
    void aPeerThatCallsAndNeverReadsIsClosedBeforeItsAnswersPileUp() throws Exception {
        InetSocketAddress server = serve(Map.of("oncrpc.rdma.iwarp.crc", "off"));
        Since overrun = new Since(XprtCounter.SENDCTX_OVERRUN);
        Since heap = new Since(XprtCounter.REGBUF_HARDWAY);
        Since answers = new Since(XprtCounter.SERVER_REPLY_INLINE);
        RawClient client = add(RawClient.connected(server));
        long most = 0;
        try {
            for (int i = 0; i < 3000 && overrun.count() == 0; i++) {
                for (int call = 0; call < 10; call++) {
                    client.peer.send(client.echo(3000));
                }
                long calls = 10L * (i + 1);
                LeakLedger.await("its calls are answered", () -> overrun.count() > 0 || answers.count() >= calls);
                most = Math.max(most, LeakLedger.level("xprt.regbuf_bytes_in_use"));
            }
        } catch (SocketException e) {
            // The server had enough of us.
        }
        LeakLedger.await("the peer is closed", () -> overrun.count() == 1);
        assertThat(most).as("bytes held for it at most").isLessThan(16 << 20);
        assertThat(heap.count()).as("buffers beyond the budget").isZero();
    }

    @Test
    void peersThatStopReadingInTheMiddleOfAnAnswerHoldUpNobodyElse() throws Exception {
        InetSocketAddress server = serve(Map.of("oncrpc.rdma.iwarp.crc", "off"));
        for (int i = 0; i < PEERS; i++) {
            RawClient client = add(RawClient.connected(server));
            for (int call = 0; call < 16; call++) {
                client.peer.send(client.echo(3000));
            }
        }
        bystander.round();
        LeakLedger.await("all their calls are served", () -> LeakLedger.level("xprt.calls_served") == 0);
        bystander.round();
    }

    @Test
    void tricklingHandshakesAreEndedByTheTimeOut() throws Exception {
        InetSocketAddress server = serve(Map.of("oncrpc.rdma.iwarp.crc", "off", "oncrpc.rdma.handshake-timeout", "1s"));
        Since timeouts = new Since(IwarpCounter.HANDSHAKE_TIMEOUT);
        byte[] request = RawClient.request().array();
        for (int i = 0; i < PEERS; i++) {
            add(RawClient.open(server));
        }
        for (int at = 0; timeouts.count() < PEERS; at++) {
            for (RawClient client : clients) {
                try {
                    client.peer.send(new byte[] {request[Math.min(at, request.length - 2)]});
                } catch (IOException e) {
                    // Closed by the server.
                }
            }
            if (at == request.length - 2) {
                LeakLedger.await("the trickling handshakes are over", () -> timeouts.count() == PEERS);
            }
            bystander.round();
        }
        assertThat(timeouts.count()).isEqualTo(PEERS);
    }

    @Test
    void aCallThatTricklesInByteByByteIsAnsweredAndHoldsUpNobodyElse() throws Exception {
        InetSocketAddress server = serve(Map.of("oncrpc.rdma.iwarp.crc", "off"));
        List<byte[]> calls = new ArrayList<>();
        for (int i = 0; i < PEERS; i++) {
            calls.add(add(RawClient.connected(server)).echo(60));
        }
        for (int at = 0; at < calls.get(0).length; at++) {
            for (int i = 0; i < PEERS; i++) {
                clients.get(i).peer.send(new byte[] {calls.get(i)[at]});
            }
            if (at % 20 == 0) {
                bystander.round();
            }
        }
        for (RawClient client : clients) {
            RawPeer.Fpdu answer = client.peer.readFpdu();
            assertThat(answer.opcode()).isEqualTo(RdmapOpcode.SEND);
            byte[] content = new byte[60];
            answer.payload().get(28 + 24 + 4, content);
            assertThat(content).isEqualTo(EchoProgram.pattern(60));
        }
    }

    @Test
    void halvesOfMessagesAreForgotten() throws Exception {
        InetSocketAddress server = serve(Map.of("oncrpc.rdma.iwarp.crc", "off"));
        Since established = new Since(XprtCounter.CONNECTIONS_ACCEPTED);
        Since closed = new Since(XprtCounter.CONNECTIONS_CLOSED);
        Random random = new Random(1);
        for (int i = 0; i < 4 * PEERS; i++) {
            RawClient client = RawClient.connected(server);
            byte[] call = client.echo(3000);
            client.part(call, 1 + random.nextInt(call.length - 1));
            if (i % 2 == 0) {
                client.reset();
            } else {
                client.close();
            }
            if (i % PEERS == 0) {
                bystander.round();
            }
        }
        LeakLedger.await("all are gone", () -> established.count() == 4 * PEERS && closed.count() == 4 * PEERS);
    }

    @Test
    void peersThatNeverAnswerOurReadsAreClosedAndWhoWaitsForTheirMemoryIsServed() throws Exception {
        InetSocketAddress server = serve(Map.of("oncrpc.rdma.iwarp.crc", "off", "oncrpc.rdma.memory", "8m", "oncrpc.rdma.read-timeout",
                "2s"));
        Since timeouts = new Since(XprtCounter.READ_TIMEOUT);
        Since waits = new Since(XprtCounter.SINK_WAITS);
        for (int i = 0; i < 20; i++) {
            RawClient client = add(RawClient.connected(server));
            client.peer.send(client.pulled(1_000_000));
        }
        LeakLedger.await("the budget is used up", () -> waits.count() > 0);
        assertThat(LeakLedger.slabBytes()).isLessThanOrEqualTo(8 << 20);
        EchoProgram.Int taken = new EchoProgram.Int();
        RpcTransport good = peers.connect();
        LocalEndpoints.call(good, EligibleProgram.ELIGIBLE_PROGRAM).call(EchoProgram.WRITE,
                new EchoProgram.Bytes(EchoProgram.pattern(900_000)), taken, 60, TimeUnit.SECONDS);
        assertThat(taken.value).isEqualTo(900_000);
        LeakLedger.await("all of them are closed", () -> timeouts.count() == 20);
        assertThat(LeakLedger.slabBytes()).isLessThanOrEqualTo(8 << 20);
        ((RdmaRpcTransport) good).close();
    }
}
