// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.common.util.concurrent.MoreExecutors;
import java.io.IOException;
import java.nio.channels.CompletionHandler;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rdma.xprt.link.SharedThreads;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who says {@code oncrpc.rdma.same-thread=on} has programs and handlers of same-thread services in the loop, and nothing waits there. */
@Timeout(120)
class SameThreadTest {

    private static final Map<String, String> ON = Map.of("oncrpc.rdma.same-thread", "on");
    private static final ExecutorService DIRECT = MoreExecutors.newDirectExecutorService();

    private final ExecutorService pool = java.util.concurrent.Executors.newFixedThreadPool(2);

    /** An echo that says in which thread it was called, and what came of what it did there. */
    private static final class Noting extends EchoProgram {
        private final CompletableFuture<Boolean> inLoop = new CompletableFuture<>();
        private final CompletableFuture<Throwable> outcome = new CompletableFuture<>();
        private final Function<RpcCall, Throwable> action;

        Noting(Function<RpcCall, Throwable> action) {
            this.action = action;
        }

        @Override
        public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
            inLoop.complete(SharedThreads.isLoop());
            Throwable result = action.apply(call);
            super.dispatchOncRpcCall(call);
            outcome.complete(result);
        }
    }

    @AfterEach
    void endPool() {
        pool.shutdownNow();
    }

    private static LocalEndpoints serving(Map<String, String> settings, EchoProgram program, ExecutorService server, ExecutorService client)
            throws IOException {
        return new LocalEndpoints(settings, Map.of(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), program), server, client);
    }

    private static void echo(RpcTransport transport, int length) throws Exception {
        EchoProgram.Bytes answer = new EchoProgram.Bytes();
        byte[] bytes = EchoProgram.pattern(length);
        LocalEndpoints.call(transport, EchoProgram.PROGRAM)
                .call(EchoProgram.ECHO, new EchoProgram.Bytes(bytes), answer, 60, TimeUnit.SECONDS);
        assertThat(answer.value).isEqualTo(bytes);
    }

    private boolean programRunsInLoop(Map<String, String> settings, ExecutorService executor, int length) throws Exception {
        Noting program = new Noting(call -> null);
        try (LocalEndpoints peers = serving(settings, program, executor, null)) {
            echo(peers.connect(), length);
            return program.inLoop.get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void aProgramOfASameThreadServiceRunsInTheLoopWhoeverAsksForThat() throws Exception {
        assertThat(programRunsInLoop(ON, DIRECT, 100)).isTrue();
        // Pulled by Read chunks.
        assertThat(programRunsInLoop(ON, DIRECT, 70_000)).isTrue();
    }

    @Test
    void noOtherDoes() throws Exception {
        assertThat(programRunsInLoop(Map.of(), DIRECT, 100)).isFalse();
        assertThat(programRunsInLoop(ON, pool, 100)).isFalse();
    }

    private static boolean handlerRunsInLoop(LocalEndpoints peers) throws Exception {
        CompletableFuture<Boolean> inLoop = new CompletableFuture<>();
        LocalEndpoints.call(peers.connect(), EchoProgram.PROGRAM).call(0, XdrVoid.XDR_VOID, new CompletionHandler<>() {
            @Override
            public void completed(RpcReply reply, RpcTransport transport) {
                inLoop.complete(SharedThreads.isLoop());
                throw new AssertionError("an error of the handler's own is no end of the loop");
            }

            @Override
            public void failed(Throwable cause, RpcTransport transport) {
                inLoop.completeExceptionally(cause);
            }
        });
        return inLoop.get(60, TimeUnit.SECONDS);
    }

    @Test
    void soDoesTheHandlerOfASameThreadClientAndTheLoopOutlivesIt() throws Exception {
        try (LocalEndpoints peers = serving(ON, new EchoProgram(), pool, DIRECT)) {
            assertThat(handlerRunsInLoop(peers)).isTrue();
            echo(peers.connect(), 100);
        }
        try (LocalEndpoints peers = serving(ON, new EchoProgram(), pool, null)) {
            assertThat(handlerRunsInLoop(peers)).isFalse();
        }
    }

    @Test
    void aCallThatAProgramInTheLoopWouldWaitForFailsAtOnceAndItsOwnIsAnswered() throws Exception {
        Noting program = new Noting(call -> catchThrowable(() -> LocalEndpoints.call(call.getTransport(), EchoProgram.PROGRAM)
                .call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID)));
        try (LocalEndpoints peers = serving(ON, program, DIRECT, null)) {
            RpcTransport transport = peers.connect();
            echo(transport, 100);
            assertThat(program.outcome.get(60, TimeUnit.SECONDS)).isInstanceOf(CallOnLoopException.class)
                    .hasMessageContaining("oncrpc.rdma.same-thread");
            // Its memory and its credit came back.
            echo(transport, 100);
            LeakLedger.await("no call is pending", () -> ((RdmaRpcTransport) transport).connection().isIdle());
        }
    }

    @Test
    void aConnectionMadeThereFailsAtOnceToo() throws Exception {
        CompletableFuture<LocalEndpoints> made = new CompletableFuture<>();
        Noting program = new Noting(call -> catchThrowable(() -> made.get().connect()));
        try (LocalEndpoints peers = serving(ON, program, DIRECT, null)) {
            made.complete(peers);
            echo(peers.connect(), 100);
            assertThat(program.outcome.get(60, TimeUnit.SECONDS)).isInstanceOf(CallOnLoopException.class);
        }
    }

    @Test
    void aServiceThatIsStoppedByItsOwnProgramInTheLoopStopsAndTheLoopGoesOn() throws Exception {
        CompletableFuture<LocalEndpoints> made = new CompletableFuture<>();
        Noting program = new Noting(call -> catchThrowable(() -> made.get().server().stop()));
        try (LocalEndpoints peers = serving(ON, program, DIRECT, null);
                LocalEndpoints others = serving(ON, new EchoProgram(), DIRECT, null)) {
            made.complete(peers);
            RpcTransport transport = peers.connect();
            echo(transport, 100);
            assertThat(program.outcome.get(60, TimeUnit.SECONDS)).isNull();
            LeakLedger.await("the connection has ended", () -> !transport.isOpen());
            echo(others.connect(), 100);
        }
    }
}
