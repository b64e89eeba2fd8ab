// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rpc.harness.Bystander;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.dcache.oncrpc4j.rdma.verbs.Availability;
import org.dcache.oncrpc4j.rdma.verbs.ProviderUnderTest;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.DevicePool;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A server that answers when callers have given up, on a provider for devices: late data comes by RDMA Write, and late answers invalidate
 * what the calls offered. A subclass says which provider; where it is not available, the tests are skipped with its reason.
 */
@Timeout(120)
public abstract class LateAnswersSuite implements ProviderUnderTest {

    private static final int[] PROGRAMS = {EchoProgram.PROGRAM, EligibleProgram.ELIGIBLE_PROGRAM};
    private static final int LENGTH = 20_001;
    private static final int EACH = 3;

    private final ExecutorService executor = java.util.concurrent.Executors.newCachedThreadPool();
    private final Semaphore arrived = new Semaphore(0);
    private final CountDownLatch answers = new CountDownLatch(1);
    private final long kept = count(XprtCounter.KEPT_ABANDONED);
    private final long dropped = count(XprtCounter.DROPPED_ABANDONED);
    private RpcEndpoint server;
    private RpcEndpoint client;
    private RpcTransport transport;
    private LeakLedger before;

    @BeforeEach
    protected void startOnWhatLibrariesKeepForTheJvm() throws IOException {
        Availability availability = provider().availability();
        assumeTrue(availability.available(), availability.reason());
        start();
        stop();
        before = LeakLedger.snapshot();
        start();
    }

    private void start() throws IOException {
        server = open(false, Map.of(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), new Late(new EchoProgram()),
                new OncRpcProgram(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION), new Late(new EligibleProgram())));
        client = open(true, Map.of());
        transport = client.connect(server.localAddress(), 60, TimeUnit.SECONDS);
        // One call is granted before the first answer.
        new Bystander(transport);
    }

    private RpcEndpoint open(boolean isClient, Map<OncRpcProgram, RpcDispatchable> programs) throws IOException {
        return EndpointOnProvider.start(provider(), address(), isClient ? null : "late", programs, executor, Map.of());
    }

    private void stop() {
        client.stop();
        server.stop();
    }

    @AfterEach
    protected void nothingIsLeftBehind() {
        if (before != null) {
            answers.countDown();
            stop();
            LeakLedger.assertNothingLeaked(before);
        }
        executor.shutdownNow();
    }

    private static long count(XprtCounter counter) {
        return Counters.process().get(counter);
    }

    /** READs wait until the test lets them be answered. */
    private final class Late implements RpcDispatchable {
        private final EchoProgram program;

        Late(EchoProgram program) {
            this.program = program;
        }

        @Override
        public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
            if (call.getProcedure() == EchoProgram.READ) {
                arrived.release();
                try {
                    answers.await();
                } catch (InterruptedException e) {
                    throw new IOException("the test is over", e);
                }
            }
            program.dispatchOncRpcCall(call);
        }
    }

    private List<Future<EchoProgram.Bytes>> readAndGiveUpSome() throws Exception {
        List<Future<EchoProgram.Bytes>> waiting = new ArrayList<>();
        for (int program : PROGRAMS) {
            RpcCall call = LocalEndpoints.call(transport, program);
            EchoProgram.Int length = new EchoProgram.Int(LENGTH);
            waiting.add(call.call(EchoProgram.READ, length, EchoProgram.Bytes.class));
            arrived.acquire();
            for (int i = 0; i < EACH; i++) {
                Future<EchoProgram.Bytes> givenUp = call.call(EchoProgram.READ, length, EchoProgram.Bytes.class);
                arrived.acquire();
                givenUp.cancel(true);
            }
        }
        LeakLedger.await("what was offered is kept", () -> count(XprtCounter.KEPT_ABANDONED) - kept == PROGRAMS.length * EACH);
        return waiting;
    }

    @Test
    void lateAnswersLeaveTheConnectionAndItsOtherCallsAlone() throws Exception {
        List<Future<EchoProgram.Bytes>> waiting = readAndGiveUpSome();
        new Bystander(transport).round();
        answers.countDown();
        for (Future<EchoProgram.Bytes> one : waiting) {
            assertThat(one.get(60, TimeUnit.SECONDS).value).isEqualTo(EchoProgram.pattern(LENGTH));
        }
        LeakLedger.await("late answers are dropped", () -> count(XprtCounter.DROPPED_ABANDONED) - dropped == PROGRAMS.length * EACH);
        LeakLedger.await("nothing is exposed any more", () -> LeakLedger.level("xprt.exposures") == 0);
        new Bystander(transport).round();
    }

    @Test
    void whatIsKeptForAnswersThatNeverComeGoesWithTheConnection() throws Exception {
        readAndGiveUpSome();
        client.stop();
        LeakLedger.await("nothing is exposed any more", () -> LeakLedger.level("xprt.exposures") == 0);
    }
}
