// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrOpaque;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.Test;

/** A thread that calls again and again serves the loop while it waits, and its calls end as they do when another thread wakes it. */
@OverRdma
class WaitInLoopIT {

    private static void echo(RpcCall call, int size) throws IOException {
        XdrOpaque answer = new XdrOpaque();
        call.call(TestProgram.ECHO, new XdrOpaque(TestProgram.bytes(size)), answer);
        assertThat(answer.getOpaque()).isEqualTo(TestProgram.bytes(size));
    }

    /** Calls until the calling thread serves the loop. */
    private static void serve(RpcCall call) throws Exception {
        long before = OwnCounters.of("iwarp.waits_in_loop");
        for (int i = 0; i < 1000 && OwnCounters.of("iwarp.waits_in_loop") < before + 20; i++) {
            for (int j = 0; j < 50; j++) {
                call.call(TestProgram.NULL, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 60, TimeUnit.SECONDS);
            }
        }
        assertThat(OwnCounters.of("iwarp.waits_in_loop")).isGreaterThan(before);
    }

    @Test
    void repliesOfAllSizesArriveAndThoseOfOthersToo() throws Exception {
        try (Peers peers = Peers.serve()) {
            RpcCall call = peers.call();
            serve(call);
            for (int size : new int[] {0, 1, 100, 5_000, 70_000, 1_000_000}) {
                CompletableFuture<XdrOpaque> beside = call.call(TestProgram.ECHO, new XdrOpaque(TestProgram.bytes(size)), XdrOpaque.class);
                echo(call, size);
                assertThat(beside.get(30, TimeUnit.SECONDS).getOpaque()).isEqualTo(TestProgram.bytes(size));
                echo(peers.call(), size);
            }
        }
    }

    @Test
    void aCallTimesOutAndTheNextOneIsAnswered() throws Exception {
        try (Peers peers = Peers.serve()) {
            RpcCall call = peers.call();
            for (int i = 0; i < 5; i++) {
                serve(call);
                assertThatThrownBy(() -> call.call(TestProgram.HOLD, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 100, TimeUnit.MILLISECONDS))
                        .isInstanceOf(TimeoutException.class);
                echo(call, 100);
            }
        }
    }

    @Test
    void theEndOfTheConnectionEndsTheCall() throws Exception {
        Peers peers = Peers.serve();
        FutureTask<Void> waiting;
        try (peers) {
            RpcCall call = peers.call();
            CompletableFuture<Void> serving = new CompletableFuture<>();
            waiting = new FutureTask<>(() -> {
                serve(call);
                serving.complete(null);
                call.call(TestProgram.HOLD, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
                return null;
            });
            new Thread(waiting, "waiting").start();
            serving.get(50, TimeUnit.SECONDS);
        }
        assertThatThrownBy(() -> waiting.get(30, TimeUnit.SECONDS)).hasRootCauseInstanceOf(EOFException.class);
    }

    @Test
    void anInterruptEndsTheCall() throws Exception {
        try (Peers peers = Peers.serve()) {
            RpcCall call = peers.call();
            CompletableFuture<Void> serving = new CompletableFuture<>();
            FutureTask<Void> waiting = new FutureTask<>(() -> {
                serve(call);
                serving.complete(null);
                call.call(TestProgram.HOLD, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
                return null;
            });
            Thread thread = new Thread(waiting, "waiting");
            thread.start();
            serving.get(50, TimeUnit.SECONDS);
            thread.interrupt();
            assertThatThrownBy(() -> waiting.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(InterruptedIOException.class);
            echo(call, 100);
        }
    }

    @Test
    void theServerCallsBackWhileTheCallerServesTheLoop() throws Exception {
        try (Peers peers = Peers.serve()) {
            RpcTransport transport = peers.connect(OncRpcClient.newBuilder().withTCP()
                    .withRpcService(TestProgram.PROGRAM, new TestProgram()).withServiceName("client").build(peers.address()));
            RpcCall call = new RpcCall(TestProgram.PROGRAM.getNumber(), 1, new RpcAuthTypeNone(), transport);
            for (int i = 0; i < 20; i++) {
                serve(call);
                XdrOpaque answer = new XdrOpaque();
                call.call(TestProgram.CALL_BACK, new XdrOpaque(TestProgram.bytes(500)), answer);
                assertThat(answer.getOpaque()).isEqualTo(TestProgram.bytes(500));
            }
        }
    }
}
