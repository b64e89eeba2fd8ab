// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rpc.executor.UnstoppedExecutor;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.SharedThreads;
import org.dcache.oncrpc4j.rpc.OncRpcAcceptedException;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcAccepsStatus;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A service whose executor takes no more: the client hears of it at once, and the connection goes on. */
@Timeout(120)
class SaturatedExecutorTest {

    /** How long each wait may take. */
    private static final int PATIENCE_MILLIS = Integer.getInteger("test.patience", 60_000);

    private final CountDownLatch stuck = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    /** One thread, no queue. */
    private final ThreadPoolExecutor executor = new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new SynchronousQueue<>());

    @AfterEach
    void stop() {
        goOn.countDown();
        executor.shutdownNow();
    }

    /** Its procedure 0 takes the only thread until the test lets it go on. */
    private class Sticking extends EchoProgram {
        @Override
        public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
            if (call.getProcedure() == 0) {
                stuck.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
            super.dispatchOncRpcCall(call);
        }
    }

    @Test
    void aCallThatTheExecutorRejectsIsAnsweredAtOnce() throws Exception {
        Map<OncRpcProgram, RpcDispatchable> programs = new HashMap<>(LocalEndpoints.echo());
        programs.put(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), new Sticking());
        try (LocalEndpoints peers = new LocalEndpoints(Map.of(), programs, executor)) {
            RpcTransport transport = peers.connect();
            // The first reply brings credits for more than one call.
            callWhenTheThreadIsFree(transport, new EchoProgram.Bytes());
            Future<XdrVoid> first = takeTheThread(transport);
            long before = Counters.process().get(XprtCounter.EXECUTOR_REJECTED);
            for (int program : new int[] {EchoProgram.PROGRAM, EligibleProgram.ELIGIBLE_PROGRAM}) {
                for (int length : new int[] {10, 70_000}) {
                    assertThatExceptionOfType(OncRpcAcceptedException.class).isThrownBy(() -> LocalEndpoints.call(transport, program).call(
                            EchoProgram.ECHO, new EchoProgram.Bytes(EchoProgram.pattern(length)), new EchoProgram.Bytes(),
                            PATIENCE_MILLIS, TimeUnit.MILLISECONDS))
                            .withMessage(RpcAccepsStatus.toString(RpcAccepsStatus.SYSTEM));
                }
            }
            assertThat(Counters.process().get(XprtCounter.EXECUTOR_REJECTED) - before).isEqualTo(4);
            goOn.countDown();
            first.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            EchoProgram.Bytes answer = new EchoProgram.Bytes();
            callWhenTheThreadIsFree(transport, answer);
            assertThat(answer.value).isEqualTo(EchoProgram.pattern(100));
        }
    }

    /** Makes the call that sticks; once more while the thread is not free yet from the one before, for which it is rejected. */
    private Future<XdrVoid> takeTheThread(RpcTransport transport) throws IOException, InterruptedException {
        long deadline = deadline();
        while (true) {
            Future<XdrVoid> call = LocalEndpoints.call(transport, EchoProgram.PROGRAM).call(0, XdrVoid.XDR_VOID, XdrVoid.class);
            while (!call.isDone()) {
                if (stuck.await(10, TimeUnit.MILLISECONDS)) {
                    return call;
                }
                assertThat(System.nanoTime()).as("the call was taken or rejected").isLessThan(deadline);
            }
        }
    }

    private static long deadline() {
        return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
    }

    /** The reply leaves a moment before the thread is free. */
    private static void callWhenTheThreadIsFree(RpcTransport transport, EchoProgram.Bytes answer) throws IOException, TimeoutException {
        long deadline = deadline();
        while (true) {
            try {
                LocalEndpoints.call(transport, EchoProgram.PROGRAM).call(EchoProgram.ECHO, new EchoProgram.Bytes(EchoProgram.pattern(100)),
                        answer, PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
                return;
            } catch (OncRpcAcceptedException e) {
                assertThat(System.nanoTime()).isLessThan(deadline);
            }
        }
    }

    /** Says of each of its calls whether it ran in a loop, and never holds one up. */
    private final class Watching extends Sticking {
        private final Set<Boolean> ranInLoop = ConcurrentHashMap.newKeySet();

        @Override
        public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
            boolean loop = SharedThreads.mustNotWait();
            ranInLoop.add(loop);
            if (loop) {
                call.reply(XdrVoid.XDR_VOID);
            } else {
                super.dispatchOncRpcCall(call);
            }
        }
    }

    @Test
    void aProgramNeverRunsInALoopThoughItsExecutorHasTheCallerRunWhatItCannotTake() throws Exception {
        ThreadPoolExecutor callerRuns = new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new ArrayBlockingQueue<>(1),
                new ThreadPoolExecutor.CallerRunsPolicy());
        long before = Counters.process().get(XprtCounter.MOVED_OFF_LOOP);
        Watching program = new Watching();
        try (LocalEndpoints peers = new LocalEndpoints(Map.of(),
                Map.of(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), program),
                callerRuns)) {
            RpcTransport transport = peers.connect();
            LocalEndpoints.call(transport, EchoProgram.PROGRAM).call(EchoProgram.WRITE, new EchoProgram.Bytes(new byte[8]),
                    new EchoProgram.Int());
            Future<XdrVoid> first = takeTheThread(transport);
            List<Future<XdrVoid>> others = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                others.add(LocalEndpoints.call(transport, EchoProgram.PROGRAM).call(EchoProgram.ECHO,
                        new EchoProgram.Bytes(EchoProgram.pattern(100)), XdrVoid.class));
            }
            // All but the one that waits in the executor's queue.
            LeakLedger.await("the others are answered", () -> others.stream().filter(Future::isDone).count() >= 5);
            goOn.countDown();
            first.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            for (Future<XdrVoid> other : others) {
                other.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            }
        } finally {
            callerRuns.shutdownNow();
        }
        assertThat(program.ranInLoop).containsExactly(false);
        assertThat(Counters.process().get(XprtCounter.MOVED_OFF_LOOP) - before).isGreaterThanOrEqualTo(5);
    }

    /** Keeps each task until the next is given, and then runs it in the thread that gives that. */
    private static final class Helping extends UnstoppedExecutor {
        private Runnable kept;
        private int given;

        @Override
        public void execute(Runnable task) {
            Runnable older;
            synchronized (this) {
                older = kept;
                kept = task;
                given++;
            }
            if (older != null) {
                older.run();
            }
        }

        synchronized int given() {
            return given;
        }
    }

    @Test
    void norWhenItHasTheCallerRunOlderTasks() throws Exception {
        Watching program = new Watching();
        Helping helping = new Helping();
        try (LocalEndpoints peers = new LocalEndpoints(Map.of(),
                Map.of(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), program),
                helping)) {
            RpcTransport[] transports = {peers.connect(), peers.connect()};
            int before = helping.given();
            List<Future<XdrVoid>> calls = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                // Each call lets that of the other connection run, if that was there before: they come by loops of their own.
                int there = before + i;
                LeakLedger.await("the call before it is there", () -> helping.given() == there);
                calls.add(LocalEndpoints.call(transports[i % 2], EchoProgram.PROGRAM).call(EchoProgram.ECHO,
                        new EchoProgram.Bytes(EchoProgram.pattern(100)), XdrVoid.class));
                if (i > 0) {
                    calls.get(i - 1).get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
                }
            }
        }
        assertThat(program.ranInLoop).containsExactly(false);
    }

    @Test
    void aServiceWhoseExecutorWasShutDownAnswersWithAnErrorAndIsStoppedAsAlways() throws Exception {
        try (LocalEndpoints peers = new LocalEndpoints(Map.of(), LocalEndpoints.echo(), executor)) {
            RpcTransport transport = peers.connect();
            executor.shutdown();
            assertThatThrownBy(() -> LocalEndpoints.call(transport, EchoProgram.PROGRAM).call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID))
                    .isInstanceOf(OncRpcAcceptedException.class);
        }
    }
}
