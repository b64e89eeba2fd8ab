// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rpc.harness.Bystander;
import org.dcache.oncrpc4j.rdma.rpc.harness.CuttingRelay;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rdma.rpc.harness.Outcome;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Very many connections, and connections that end at any point of a call. Afterwards nothing is held that was not held before, and a client
 * that was there all the time noticed nothing.
 */
@Timeout(1800)
class StormTest {

    /** The whole of it with {@code -Pfuzz}. */
    private static final int CONNECTIONS = Integer.getInteger("storm.connections", 1000);
    private static final int CUTS = Integer.getInteger("storm.cuts", 1000);
    private static final int WORKERS = 8;
    private static final long BUDGET = 64L << 20;

    private final ExecutorService executor = java.util.concurrent.Executors.newFixedThreadPool(8);
    private final ExecutorService workers = java.util.concurrent.Executors.newFixedThreadPool(WORKERS);
    private final LeakLedger beforeAll = LeakLedger.snapshot();
    private LocalEndpoints peers;
    private Bystander bystander;

    @BeforeEach
    void start() throws Exception {
        peers = new LocalEndpoints(Map.of("oncrpc.rdma.iwarp.crc", "off"), LocalEndpoints.echo(), executor);
        bystander = new Bystander(peers.connect());
    }

    @AfterEach
    void stop() {
        peers.close();
        workers.shutdownNow();
        executor.shutdownNow();
        LeakLedger.assertNothingLeaked(beforeAll);
    }

    private interface Work {
        void run(int worker) throws Exception;
    }

    private void inParallel(Work work) throws Exception {
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < WORKERS; i++) {
            int worker = i;
            all.add(workers.submit(() -> {
                work.run(worker);
                return null;
            }));
        }
        for (Future<?> one : all) {
            one.get(1200, TimeUnit.SECONDS);
        }
    }

    @Test
    void aThousandConnectionsWithTraffic() throws Exception {
        LeakLedger before = LeakLedger.snapshot();
        ConcurrentLinkedQueue<RpcTransport> open = new ConcurrentLinkedQueue<>();
        inParallel(worker -> {
            for (int i = worker; i < CONNECTIONS; i += WORKERS) {
                RpcTransport transport = peers.connect();
                open.add(transport);
                Bystander.round(transport, i);
            }
        });
        assertThat(LeakLedger.level("xprt.connections")).isEqualTo(2 * (CONNECTIONS + 1));
        bystander.round();
        List<RpcTransport> all = List.copyOf(open);
        inParallel(worker -> {
            for (int i = worker; i < all.size(); i += WORKERS) {
                Bystander.round(all.get(i), i + 3);
            }
        });
        assertThat(LeakLedger.slabBytes()).isLessThanOrEqualTo(BUDGET);
        inParallel(worker -> {
            for (int i = worker; i < all.size(); i += WORKERS) {
                ((RdmaRpcTransport) all.get(i)).close();
            }
        });
        LeakLedger.assertNothingLeaked(before);
        bystander.round();
    }

    /** Each connection is cut by the network at a random byte, in the handshake, inside messages, or never. */
    @Test
    void connectionsThatAreCutAtAnyByte() throws Exception {
        LeakLedger before = LeakLedger.snapshot();
        AtomicInteger whole = new AtomicInteger();
        AtomicInteger cut = new AtomicInteger();
        inParallel(worker -> {
            try (CuttingRelay relay = new CuttingRelay(peers.server().localAddress())) {
                for (int i = worker; i < CUTS; i += WORKERS) {
                    Random random = new Random(i);
                    relay.next(i % 16 == 0 ? Long.MAX_VALUE : random.nextInt(i % 2 == 0 ? 1500 : 400_000), random.nextBoolean());
                    (survives(relay, i) ? whole : cut).incrementAndGet();
                    if (i % 100 == 0) {
                        bystander.round();
                    }
                }
            }
        });
        assertThat(whole.get()).as("connections that were not cut").isGreaterThanOrEqualTo(CUTS / 16);
        assertThat(cut.get()).as("connections that were cut before their calls were done").isGreaterThan(CUTS / 4);
        LeakLedger.assertNothingLeaked(before);
        assertThat(LeakLedger.slabBytes()).isLessThanOrEqualTo(BUDGET);
        bystander.round();
    }

    private boolean survives(CuttingRelay relay, int seed) {
        try {
            RpcTransport transport = peers.connect(relay.address());
            try {
                Bystander.round(transport, seed);
                return true;
            } finally {
                ((RdmaRpcTransport) transport).close();
            }
        } catch (IOException e) {
            return false;
        }
    }

    /** Clients that close in good order or at once in the middle of calls, some of which are given up after a millisecond or two. */
    @Test
    void clientsThatLeaveInTheMiddleOfCalls() throws Exception {
        LeakLedger before = LeakLedger.snapshot();
        long accepted = Counters.process().get(XprtCounter.CONNECTIONS_ACCEPTED);
        inParallel(worker -> {
            for (int i = worker; i < CUTS; i += WORKERS) {
                Random random = new Random(i);
                RdmaRpcTransport transport = (RdmaRpcTransport) peers.connect();
                List<Outcome> outcomes = new ArrayList<>();
                for (int c = 1 + random.nextInt(20); c > 0; c--) {
                    outcomes.add(Outcome.of(transport, random.nextInt(4) == 0 ? 70_000 + c : 9 * c, random.nextInt(3)));
                }
                if (random.nextBoolean()) {
                    outcomes.get(random.nextInt(outcomes.size())).await();
                }
                if (random.nextBoolean()) {
                    transport.close();
                } else {
                    transport.abort();
                }
                for (Outcome outcome : outcomes) {
                    outcome.await();
                }
            }
        });
        assertThat(Counters.process().get(XprtCounter.CONNECTIONS_ACCEPTED) - accepted).isGreaterThanOrEqualTo(CUTS);
        LeakLedger.assertNothingLeaked(before);
        bystander.round();
    }
}
