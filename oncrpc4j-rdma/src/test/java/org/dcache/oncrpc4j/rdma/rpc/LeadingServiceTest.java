// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A service whose threads serve the loop while they wait for calls behaves as one whose threads do not. */
@Timeout(180)
class LeadingServiceTest {

    private static final int THREADS = 3;
    private static final int MANY = 5000;
    /** After so many a service's calls are taken to be short, unless the machine is busy. */
    private static final int AS_SHORT = 2000;

    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final ThreadPoolExecutor pool = (ThreadPoolExecutor) Executors.newFixedThreadPool(THREADS);
    private volatile CountDownLatch all;
    private volatile CountDownLatch goOn = new CountDownLatch(1);

    @AfterEach
    void stop() {
        goOn.countDown();
        pool.shutdownNow();
    }

    /** Procedure 0 says which thread it has, and keeps it while the test wants all. */
    private final class Program extends EchoProgram {
        @Override
        public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
            assertThat(HelperThread.isLoop()).as("user code in a loop").isFalse();
            threads.add(Thread.currentThread());
            CountDownLatch wanted = all;
            if (call.getProcedure() == 0 && wanted != null) {
                wanted.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
            super.dispatchOncRpcCall(call);
        }
    }

    private LocalEndpoints open(Map<String, String> settings) throws IOException {
        Map<OncRpcProgram, RpcDispatchable> programs = new HashMap<>(LocalEndpoints.echo());
        programs.put(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), new Program());
        return new LocalEndpoints(settings, programs, pool);
    }

    private static void rounds(RpcTransport transport, int count) throws IOException {
        RpcCall call = LocalEndpoints.call(transport, EchoProgram.PROGRAM);
        for (int i = 0; i < count; i++) {
            call.call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
        }
    }

    private static long kept() {
        return Counters.process().get(XprtCounter.CALLS_NOT_HANDED_OVER);
    }

    @Test
    void callsOneAfterTheOtherAreNotHandedOver() throws Exception {
        try (LocalEndpoints peers = open(Map.of())) {
            RpcTransport transport = peers.connect();
            long before = kept();
            for (int i = 0; i < 20 && kept() == before; i++) {
                rounds(transport, MANY);
            }
            assertThat(kept()).isGreaterThan(before);
            LocalEndpoints.everyPath(transport, new int[] {0, 1, 3000, 20_000, 200_000}, EchoProgram.Bytes::new);
            assertThat(threads).hasSizeLessThanOrEqualTo(THREADS);
        }
    }

    @Test
    void theyAreWithTheSettingOff() throws Exception {
        try (LocalEndpoints peers = open(Map.of("oncrpc.rdma.wait-in-loop", "off"))) {
            long before = kept();
            rounds(peers.connect(), 2 * MANY);
            assertThat(kept()).isEqualTo(before);
        }
    }

    @Test
    void allThreadsCanHaveACallAtATimeWhoeverLeads() throws Exception {
        try (LocalEndpoints peers = open(Map.of())) {
            RpcTransport transport = peers.connect();
            RpcTransport other = peers.connect();
            for (int i = 0; i < 50; i++) {
                rounds(transport, i % 5 == 4 ? AS_SHORT : 200);
                goOn = new CountDownLatch(1);
                all = new CountDownLatch(THREADS);
                List<Future<XdrVoid>> calls = new ArrayList<>();
                for (int j = 0; j < 2 * THREADS; j++) {
                    calls.add(LocalEndpoints.call(j % 2 == 0 ? transport : other, EchoProgram.PROGRAM)
                            .call(0, XdrVoid.XDR_VOID, XdrVoid.class));
                }
                assertThat(all.await(30, TimeUnit.SECONDS)).as("round %d: all threads have a call", i).isTrue();
                all = null;
                goOn.countDown();
                for (Future<XdrVoid> call : calls) {
                    call.get(30, TimeUnit.SECONDS);
                }
            }
        }
    }

    @Test
    void aLongCallAfterManyShortOnesHoldsUpNoOther() throws Exception {
        try (LocalEndpoints peers = open(Map.of("oncrpc.rdma.loops", "1"))) {
            RpcTransport transport = peers.connect();
            RpcTransport other = peers.connect();
            for (int i = 0; i < 20; i++) {
                rounds(transport, AS_SHORT);
                goOn = new CountDownLatch(1);
                CountDownLatch begun = new CountDownLatch(1);
                all = begun;
                Future<XdrVoid> call = LocalEndpoints.call(transport, EchoProgram.PROGRAM).call(0, XdrVoid.XDR_VOID, XdrVoid.class);
                assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
                all = null;
                rounds(other, 100);
                assertThat(call).as("round %d", i).isNotDone();
                goOn.countDown();
                call.get(30, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void tasksOfTheProgramAreNotHeldUp() throws Exception {
        try (LocalEndpoints peers = open(Map.of())) {
            RpcTransport transport = peers.connect();
            for (int i = 0; i < 50; i++) {
                rounds(transport, i % 5 == 4 ? AS_SHORT : 200);
                List<Future<Boolean>> tasks = new ArrayList<>();
                for (int j = 0; j < 10 * THREADS; j++) {
                    tasks.add(pool.submit(() -> true));
                }
                for (Future<Boolean> task : tasks) {
                    assertThat(task.get(30, TimeUnit.SECONDS)).isTrue();
                }
            }
        }
    }

    @Test
    void thePoolEndsWhenItIsShutDownWhoeverLeads() throws Exception {
        thePoolEndsBy(pool::shutdown);
    }

    @Test
    void soItDoesWhenItsThreadsAreInterrupted() throws Exception {
        thePoolEndsBy(pool::shutdownNow);
    }

    private void thePoolEndsBy(Runnable end) throws Exception {
        try (LocalEndpoints peers = open(Map.of())) {
            RpcTransport transport = peers.connect();
            rounds(transport, MANY);
            end.run();
            assertThat(pool.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
            assertThat(transport.isOpen()).isTrue();
        }
    }
}
