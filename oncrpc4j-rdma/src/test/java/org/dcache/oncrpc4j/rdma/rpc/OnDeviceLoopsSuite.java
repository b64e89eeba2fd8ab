// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.util.concurrent.MoreExecutors;
import java.io.IOException;
import java.nio.channels.CompletionHandler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.verbs.Availability;
import org.dcache.oncrpc4j.rdma.verbs.ProviderUnderTest;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.xprt.DrainedPool;
import org.dcache.oncrpc4j.rdma.xprt.RdmaConnection;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.RdmaDevice;
import org.dcache.oncrpc4j.rdma.xprt.link.SharedThreads;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Programs and handlers that run in the loops of a provider for devices ({@code oncrpc.rdma.same-thread}): what they send is encoded there
 * without registered memory if need be, and no loop registers any. A subclass says which provider, and how that is seen; where it is not
 * available, the tests are skipped with its reason.
 */
@Timeout(120)
public abstract class OnDeviceLoopsSuite implements ProviderUnderTest {

    private static final int[] LENGTHS = {0, 700, 4000, 20_001, 200_000};
    /** More than a loop handles itself. */
    private static final int LARGE = 200_000;

    private static final int CREDITS = 16;

    private final List<Integer> brought = Collections.synchronizedList(new ArrayList<>());
    private RpcEndpoint server;
    private RpcEndpoint client;
    private RpcTransport transport;

    @BeforeEach
    protected void start() throws IOException {
        Availability availability = provider().availability();
        assumeTrue(availability.available(), availability.reason());
        server = open("loops", Map.of(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), new Noting(new EchoProgram()),
                new OncRpcProgram(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION), new Noting(new EligibleProgram())));
        client = open(null, Map.of());
        transport = client.connect(server.localAddress(), 60, TimeUnit.SECONDS);
        // One call is granted before the first answer.
        run(new ArrayDeque<>(List.of(new Step(EchoProgram.PROGRAM, EchoProgram.READ, 1))));
    }

    private RpcEndpoint open(String name, Map<OncRpcProgram, RpcDispatchable> programs) throws IOException {
        // Both sides have a device of their own.
        return EndpointOnProvider.start(provider(), address(), name, programs, MoreExecutors.newDirectExecutorService(),
                Map.of("oncrpc.rdma.same-thread", "on", "oncrpc.rdma.backlog", name == null ? "63m" : "64m"));
    }

    @AfterEach
    protected void stop() {
        if (client != null) {
            client.stop();
        }
        if (server != null) {
            server.stop();
        }
    }

    /** Whether programs and handlers are expected there. */
    protected boolean inLoops() {
        return true;
    }

    /** Notes what WRITEs bring, and in which thread. */
    private final class Noting implements RpcDispatchable {
        private final EchoProgram program;

        Noting(EchoProgram program) {
            this.program = program;
        }

        @Override
        public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
            assertThat(SharedThreads.isLoopThread()).isEqualTo(inLoops());
            if (call.getProcedure() == EchoProgram.WRITE) {
                EchoProgram.Bytes bytes = new EchoProgram.Bytes();
                call.retrieveCall(bytes);
                brought.add(bytes.value.length);
                call.reply(new EchoProgram.Int(bytes.value.length));
            } else {
                program.dispatchOncRpcCall(call);
            }
        }
    }

    /** One call. */
    protected record Step(int program, int procedure, int length) {
        XdrAble arguments() {
            return procedure == EchoProgram.READ ? new EchoProgram.Int(length) : new EchoProgram.Bytes(EchoProgram.pattern(length));
        }

        void check(RpcReply reply) throws IOException {
            if (procedure == EchoProgram.WRITE) {
                EchoProgram.Int taken = new EchoProgram.Int();
                reply.getReplyResult(taken);
                assertThat(taken.value).isEqualTo(length);
            } else {
                EchoProgram.Bytes result = new EchoProgram.Bytes();
                reply.getReplyResult(result);
                assertThat(result.value).isEqualTo(EchoProgram.pattern(length));
            }
        }
    }

    protected static Step step(int program, int procedure, int length) {
        return new Step(program, procedure, length);
    }

    private static Queue<Step> everyPath() {
        Queue<Step> steps = new ArrayDeque<>();
        for (int program : new int[] {EchoProgram.PROGRAM, EligibleProgram.ELIGIBLE_PROGRAM}) {
            for (int procedure : new int[] {EchoProgram.ECHO, EchoProgram.READ, EchoProgram.WRITE}) {
                for (int length : LENGTHS) {
                    steps.add(new Step(program, procedure, length));
                }
            }
        }
        return steps;
    }

    /** The first call is this thread's, each other one is made by the handler of the one before. */
    protected final void run(Queue<Step> steps) throws IOException {
        CompletableFuture<Void> end = new CompletableFuture<>();
        call(steps, end);
        end.orTimeout(60, TimeUnit.SECONDS).join();
    }

    private void call(Queue<Step> steps, CompletableFuture<Void> end) throws IOException {
        Step step = steps.remove();
        LocalEndpoints.call(transport, step.program()).call(step.procedure(), step.arguments(), new CompletionHandler<>() {
            @Override
            public void completed(RpcReply reply, RpcTransport from) {
                try {
                    assertThat(SharedThreads.isLoopThread()).isEqualTo(inLoops());
                    step.check(reply);
                    if (steps.isEmpty()) {
                        end.complete(null);
                    } else {
                        call(steps, end);
                    }
                } catch (IOException | RuntimeException | Error e) {
                    end.completeExceptionally(e);
                }
            }

            @Override
            public void failed(Throwable cause, RpcTransport from) {
                end.completeExceptionally(new AssertionError(step.toString(), cause));
            }
        });
    }

    protected final RdmaConnection connection() {
        return ((RdmaRpcTransport) transport).connection();
    }

    private RdmaDevice device() {
        return connection().device();
    }

    @Test
    void whatRunsInALoopSendsOnEveryPath() throws Exception {
        for (int turn = 0; turn < 3; turn++) {
            run(everyPath());
        }
    }

    /** The other thread that might be asked is busy for as long as these calls take. */
    protected final void runWithoutHelp(List<Step> steps) throws IOException {
        CountDownLatch done = new CountDownLatch(1);
        device().offLoop(() -> LeakLedger.await("the calls are answered", () -> done.getCount() == 0));
        try {
            run(new ArrayDeque<>(steps));
        } finally {
            done.countDown();
        }
    }

    @Test
    void callsThatGoInlineNeedNoOtherThread() throws Exception {
        runWithoutHelp(List.of(step(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.READ, 100),
                step(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.ECHO, 100),
                step(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.WRITE, 100)));
    }

    /** The whole of the client's budget is in use. */
    @Test
    void soItDoesWhereNoRegisteredMemoryLiesReady() throws Exception {
        long notReady = Counters.process().get(XprtCounter.REGBUF_NOT_READY);
        try (DrainedPool none = new DrainedPool(device())) {
            run(everyPath());
        }
        if (inLoops()) {
            assertThat(Counters.process().get(XprtCounter.REGBUF_NOT_READY)).isGreaterThan(notReady);
        }
        run(everyPath());
    }

    /** Makes calls in a handler while the other thread that is needed for large ones is busy, and until {@code then} has run. */
    private void inAHandlerWithoutHelp(Runnable calls, Runnable then) throws Exception {
        CountDownLatch made = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        device().offLoop(() -> LeakLedger.await("it may go on", () -> done.getCount() == 0));
        LocalEndpoints.call(transport, EchoProgram.PROGRAM).call(0, XdrVoid.XDR_VOID, new Answer(made, calls));
        assertThat(made.await(60, TimeUnit.SECONDS)).isTrue();
        then.run();
        done.countDown();
    }

    /** Counts its end, whatever that is, and does something before. */
    private record Answer(CountDownLatch latch, Runnable first) implements CompletionHandler<RpcReply, RpcTransport> {
        @Override
        public void completed(RpcReply reply, RpcTransport from) {
            first.run();
            latch.countDown();
        }

        @Override
        public void failed(Throwable cause, RpcTransport from) {
            latch.countDown();
        }
    }

    /** @param handler null for a one-way call */
    private void write(int length, CompletionHandler<RpcReply, RpcTransport> handler, long millis) {
        try {
            LocalEndpoints.call(transport, EligibleProgram.ELIGIBLE_PROGRAM).call(EchoProgram.WRITE,
                    new EchoProgram.Bytes(EchoProgram.pattern(length)), handler, millis, TimeUnit.MILLISECONDS);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What needs memory goes by way of another thread, and what comes behind it does not overtake it there. */
    @Test
    void callsOfOneHandlerLeaveInTheirOrder() throws Exception {
        CountDownLatch answered = new CountDownLatch(5);
        inAHandlerWithoutHelp(() -> {
            write(LARGE, null, 60_000);
            for (int i = 1; i <= 5; i++) {
                write(i, new Answer(answered, () -> {}), 60_000);
            }
        }, () -> {});
        assertThat(answered.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(brought).containsExactly(LARGE, 1, 2, 3, 4, 5);
        LeakLedger.await("no call is pending, one-way calls included", () -> connection().isIdle());
    }

    @Test
    void whatIsGivenUpWhileItWaitsForAnotherThreadIsNotSentAndGivesItsCreditBack() throws Exception {
        assumeTrue(inLoops(), "handlers run in threads that may wait, and send all themselves");
        CountDownLatch ended = new CountDownLatch(CREDITS);
        inAHandlerWithoutHelp(() -> {
            for (int i = 0; i < CREDITS; i++) {
                write(LARGE, new Answer(ended, () -> {}), 50);
            }
        }, () -> LeakLedger.await("they have timed out", () -> ended.getCount() == 0));
        run(everyPath());
        assertThat(brought).doesNotContainSequence(LARGE, LARGE);
        LeakLedger.await("no call is pending", () -> connection().isIdle());
    }

    @Test
    void whatWaitsForAnotherThreadWhenTheConnectionEndsFails() throws Exception {
        assumeTrue(inLoops(), "handlers run in threads that may wait, and send all themselves");
        CountDownLatch ended = new CountDownLatch(3);
        inAHandlerWithoutHelp(() -> {
            for (int i = 0; i < 3; i++) {
                write(LARGE, new Answer(ended, () -> {}), 60_000);
            }
        }, () -> {
            connection().abortLocally();
            LeakLedger.await("they have failed", () -> ended.getCount() == 0);
        });
        LeakLedger.await("their contexts are back", () -> device().sendContexts().inUse() == 0);
        assertThat(brought).isEmpty();
    }
}
