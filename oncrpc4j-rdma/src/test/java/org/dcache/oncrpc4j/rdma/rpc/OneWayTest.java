// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.nio.channels.CompletionHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs that do not answer, and callers that do not wait, as oncrpc4j has them: between two services, over the built-in iWARP. */
@Timeout(120)
class OneWayTest {

    private static final int SILENT = 7;

    private final LeakLedger before = LeakLedger.snapshot();
    private final ExecutorService threads = Executors.newFixedThreadPool(4);
    private final AtomicInteger arrived = new AtomicInteger();
    private final RpcDispatchable program = call -> {
        if (call.getProcedure() == SILENT) {
            arrived.incrementAndGet();
        } else {
            call.reply(XdrVoid.XDR_VOID);
        }
    };
    private LocalEndpoints endpoints;

    private RpcCall connect(Map<String, String> settings) throws Exception {
        endpoints = new LocalEndpoints(settings, Map.of(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), program), threads);
        return LocalEndpoints.call(endpoints.connect(), EchoProgram.PROGRAM);
    }

    @BeforeEach
    void nothingYet() {
        assertThat(arrived).hasValue(0);
    }

    @AfterEach
    void nothingIsLeft() {
        endpoints.close();
        threads.shutdownNow();
        LeakLedger.assertNothingLeaked(before);
    }

    private static void oneWay(RpcCall call) throws Exception {
        call.call(SILENT, XdrVoid.XDR_VOID, (CompletionHandler<RpcReply, RpcTransport>) null);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "16", "128"})
    void allArriveWhateverTheWindowAndCallsAfterThemAreAnswered(String credits) throws Exception {
        RpcCall call = connect(Map.of("oncrpc.rdma.credits", credits));
        int all = 30_000;
        for (int i = 0; i < all; i++) {
            oneWay(call);
        }
        call.call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 60, TimeUnit.SECONDS);
        LeakLedger.await("all one-way calls arrived", () -> arrived.get() == all);
    }

    /** The engine has a call of its own under way, by which it knows how far the peer is with those. */
    @Test
    void pendingRequestsCanBeListedMeanwhile() throws Exception {
        RpcCall call = connect(Map.of());
        for (int i = 0; i < 3000; i++) {
            oneWay(call);
            assertThat(call.getTransport().getReplyQueue().getPendingRequests()).hasSizeLessThanOrEqualTo(i + 1);
        }
        call.call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 60, TimeUnit.SECONDS);
    }

    @Test
    void asynchronousCallsByTheThousandAreAllAnswered() throws Exception {
        RpcCall call = connect(Map.of("oncrpc.rdma.backlog", "1m"));
        int all = 20_000;
        AtomicInteger failed = new AtomicInteger();
        CountDownLatch told = new CountDownLatch(all);
        for (int i = 0; i < all; i++) {
            call.call(0, XdrVoid.XDR_VOID, new CompletionHandler<RpcReply, RpcTransport>() {
                @Override
                public void completed(RpcReply reply, RpcTransport transport) {
                    told.countDown();
                }

                @Override
                public void failed(Throwable cause, RpcTransport transport) {
                    failed.incrementAndGet();
                    told.countDown();
                }
            });
        }
        told.await();
        assertThat(failed).hasValue(0);
    }

    /** Its caller hears of the time-out, and of nothing else. */
    @Test
    void aCallThatTimesOutWhileItWaitsForACreditHearsOfThatOnly() throws Exception {
        RpcCall call = connect(Map.of("oncrpc.rdma.credits", "1"));
        call.call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
        List<Throwable> causes = new ArrayList<>();
        CountDownLatch last = new CountDownLatch(1);
        for (int i = 0; i < 3; i++) {
            CountDownLatch heard = i == 2 ? last : new CountDownLatch(1);
            call.call(SILENT, XdrVoid.XDR_VOID, new CompletionHandler<RpcReply, RpcTransport>() {
                @Override
                public void completed(RpcReply reply, RpcTransport transport) {
                    failed(new AssertionError("answered"), transport);
                }

                @Override
                public void failed(Throwable cause, RpcTransport transport) {
                    synchronized (causes) {
                        causes.add(cause);
                    }
                    heard.countDown();
                }
            }, 200 + 100 * i, TimeUnit.MILLISECONDS, null);
        }
        last.await();
        endpoints.close();
        synchronized (causes) {
            assertThat(causes).hasSize(3).allMatch(TimeoutException.class::isInstance);
        }
    }

    /** Over TCP the next call is answered; here the connection ends, and who connects again goes on. */
    @Test
    void aConnectionWhoseCallsWereAllGivenUpEnds() throws Exception {
        RpcCall call = connect(Map.of("oncrpc.rdma.credits", "4", "oncrpc.rdma.given-up-timeout", "500ms"));
        call.call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
        ExecutorService callers = Executors.newFixedThreadPool(4);
        for (int i = 0; i < 4; i++) {
            callers.submit(() -> {
                call.call(SILENT, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 100, TimeUnit.MILLISECONDS);
                return null;
            });
        }
        callers.shutdown();
        assertThat(callers.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> call.call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 60, TimeUnit.SECONDS))
                .isInstanceOf(EOFException.class).hasMessageContaining("oncrpc.rdma.given-up-timeout");
        LocalEndpoints.call(endpoints.connect(), EchoProgram.PROGRAM).call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
    }
}
