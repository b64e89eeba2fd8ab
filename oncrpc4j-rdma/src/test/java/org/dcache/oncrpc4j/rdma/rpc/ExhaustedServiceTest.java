// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.util.concurrent.MoreExecutors;
import java.io.IOException;
import java.nio.channels.CompletionHandler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dcache.oncrpc4j.rdma.rpc.harness.Bystander;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rdma.scarce.Descriptors;
import org.dcache.oncrpc4j.rdma.scarce.DirectMemory;
import org.dcache.oncrpc4j.rdma.scarce.RefusedThreads;
import org.dcache.oncrpc4j.rdma.scarce.ScarceJvm;
import org.dcache.oncrpc4j.rdma.scarce.Steps;
import org.dcache.oncrpc4j.rpc.OncRpcAcceptedException;
import org.dcache.oncrpc4j.rpc.RpcAccepsStatus;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Services when something runs out: a start or a connect fails in words and leaves nothing, or goes through; calls of other connections are
 * answered all the time; what had to wait goes on when there is more. For the providers below see {@code ExhaustionSuite}; for executors
 * that reject see {@link SaturatedExecutorTest}, for programs that fail {@link UnansweredCallsTest}.
 */
@Timeout(400)
class ExhaustedServiceTest {

    private static final Map<String,
            String> QUICK = Map.of("oncrpc.rdma.handshake-timeout", "1s", "oncrpc.rdma.loops", "2", "oncrpc.rdma.memory", "16m");
    private static final int STEP = 64 << 10;

    private final ExecutorService threads = Executors.newFixedThreadPool(4);

    private LocalEndpoints serve() throws IOException {
        return serve(threads);
    }

    private static LocalEndpoints serve(ExecutorService executor) throws IOException {
        return new LocalEndpoints(QUICK, LocalEndpoints.echo(), executor);
    }

    /** All that the JDK loads and opens when it is first used. */
    private void once() throws IOException {
        try (LocalEndpoints peers = serve()) {
            new Bystander(peers.connect()).round();
        }
    }

    // ---- descriptors

    @Test
    void descriptorsRunOutAtEachStepOfStartingAndConnecting() throws Exception {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "descriptors are counted in /proc/self/fd, which this system has not");
        ScarceJvm.ofDescriptors(400).run(getClass(), "withFewDescriptors");
    }

    void withFewDescriptors() throws Exception {
        once();
        LeakLedger before = LeakLedger.snapshot();
        Descriptors descriptors = new Descriptors();
        try (LocalEndpoints peers = Steps.untilItWorks(descriptors::leave, descriptors, "open files", this::serve)) {
            Bystander bystander = new Bystander(peers.connect());
            RdmaRpcTransport late = (RdmaRpcTransport) Steps.untilItWorks(descriptors::leave, descriptors, "", () -> {
                bystander.round();
                return peers.connect();
            });
            Bystander.round(late, 1);
            bystander.round();
        }
        LeakLedger.assertNothingLeaked(before);
    }

    // ---- direct memory

    @Test
    void directMemoryRunsOutAtEachStepOfStartingAndCallsAreAnsweredWithoutAnyMore() throws Exception {
        ScarceJvm.ofDirectMemory(32).run(getClass(), "withLittleDirectMemory");
    }

    void withLittleDirectMemory() throws Exception {
        once();
        LeakLedger before = LeakLedger.snapshot();
        DirectMemory memory = new DirectMemory();
        LocalEndpoints peers = Steps.untilItWorks(steps -> memory.leave((long) steps * STEP), memory, "memory", this::serve);
        try (peers) {
            RpcTransport transport = peers.connect();
            call(transport, 100);
            memory.leave(0);
            // The server has no memory to pull the argument into, and cannot make any.
            Future<?> large = threads.submit(() -> {
                call(transport, 70_000);
                return null;
            });
            for (int i = 0; i < 5; i++) {
                call(transport, 100);
            }
            memory.close();
            large.get(60, TimeUnit.SECONDS);
            new Bystander(transport).round();
            new Bystander(peers.connect()).round();
        }
        LeakLedger.assertNothingLeaked(before);
    }

    private static void call(RpcTransport transport, int length) throws IOException {
        EchoProgram.Bytes answer = new EchoProgram.Bytes();
        LocalEndpoints.call(transport, EchoProgram.PROGRAM).call(EchoProgram.ECHO, new EchoProgram.Bytes(EchoProgram.pattern(length)),
                answer);
        assertThat(answer.value).isEqualTo(EchoProgram.pattern(length));
    }

    // ---- threads

    @Test
    void threadsRunOutAtEachStepOfStartingAndConnectionsNeedNoMore() throws Exception {
        ScarceJvm.ofThreads().run(getClass(), "withFewThreads");
    }

    void withFewThreads() throws Exception {
        once();
        LeakLedger before = LeakLedger.snapshot();
        try (LocalEndpoints peers = Steps.untilItWorks(RefusedThreads::allow, RefusedThreads::allowAll, "thread", this::serve)) {
            RefusedThreads.allow(0);
            new Bystander(peers.connect()).round();
            call(peers.connect(), 1_000_000);
            RefusedThreads.allowAll();
        }
        LeakLedger.assertNothingLeaked(before);
    }

    @Test
    void callsOfASameThreadServiceWaitForAThreadAndAreAnsweredWhenThereIsOne() throws Exception {
        ScarceJvm.ofThreads().run(getClass(), "withoutWorkers");
    }

    void withoutWorkers() throws Exception {
        once();
        LeakLedger before = LeakLedger.snapshot();
        try (LocalEndpoints peers = serve(MoreExecutors.newDirectExecutorService()); LocalEndpoints other = serve()) {
            RpcTransport transport = peers.connect();
            Bystander bystander = new Bystander(other.connect());
            RefusedThreads.allow(0);
            List<Future<XdrVoid>> calls = List.of(ask(transport), ask(transport), ask(transport));
            bystander.round();
            assertThat(calls).noneMatch(Future::isDone);
            RefusedThreads.allowAll();
            for (Future<XdrVoid> call : calls) {
                call.get(60, TimeUnit.SECONDS);
            }
            new Bystander(transport).round();
        }
        LeakLedger.assertNothingLeaked(before);
    }

    private static Future<XdrVoid> ask(RpcTransport transport) throws IOException {
        return LocalEndpoints.call(transport, EchoProgram.PROGRAM).call(0, XdrVoid.XDR_VOID, XdrVoid.class);
    }

    /**
     * It gets no thread while it is told so. Pools of newer JDKs start threads past {@link Thread#start}, so the making of one is what
     * fails.
     */
    private static final class NoThreads extends ThreadPoolExecutor {
        NoThreads(AtomicBoolean none) {
            super(0, 8, 0, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                if (none.get()) {
                    throw new OutOfMemoryError("unable to create native thread: refused by the test");
                }
                return new Thread(task);
            });
        }
    }

    @Test
    void aCallForWhichTheServicesExecutorGetsNoThreadIsAnsweredAtOnce() throws Exception {
        AtomicBoolean none = new AtomicBoolean();
        ExecutorService executor = new NoThreads(none);
        LeakLedger before = LeakLedger.snapshot();
        try (LocalEndpoints peers = serve(executor)) {
            RpcTransport transport = peers.connect();
            call(transport, 100);
            LeakLedger.await("the thread has ended", () -> ((ThreadPoolExecutor) executor).getPoolSize() == 0);
            none.set(true);
            assertThatExceptionOfType(OncRpcAcceptedException.class).isThrownBy(() -> call(transport, 100))
                    .withMessage(RpcAccepsStatus.toString(RpcAccepsStatus.SYSTEM));
            none.set(false);
            new Bystander(transport).round();
        } finally {
            executor.shutdownNow();
            threads.shutdownNow();
        }
        LeakLedger.assertNothingLeaked(before);
    }

    // ---- user code that fails

    @Test
    void aCallbackThatFailsHarmsNoOtherCallOfItsConnection() throws Exception {
        LeakLedger before = LeakLedger.snapshot();
        try (LocalEndpoints peers = serve()) {
            RpcTransport transport = peers.connect();
            for (Throwable with : List.of(new IllegalStateException("this trace belongs to the test"),
                    new AssertionError("this trace belongs to the test"))) {
                CountDownLatch called = new CountDownLatch(2);
                for (int program : new int[] {EchoProgram.PROGRAM, 77}) {
                    LocalEndpoints.call(transport, program).call(0, XdrVoid.XDR_VOID, new CompletionHandler<RpcReply, RpcTransport>() {
                        @Override
                        public void completed(RpcReply reply, RpcTransport from) {
                            called.countDown();
                            fail(with);
                        }

                        @Override
                        public void failed(Throwable cause, RpcTransport from) {
                            called.countDown();
                            fail(with);
                        }
                    }, 60, TimeUnit.SECONDS, null);
                }
                assertThat(called.await(60, TimeUnit.SECONDS)).isTrue();
                new Bystander(transport).round();
            }
        } finally {
            threads.shutdownNow();
        }
        LeakLedger.assertNothingLeaked(before);
    }

    private static void fail(Throwable with) {
        if (with instanceof Error e) {
            throw e;
        }
        throw (RuntimeException) with;
    }
}
