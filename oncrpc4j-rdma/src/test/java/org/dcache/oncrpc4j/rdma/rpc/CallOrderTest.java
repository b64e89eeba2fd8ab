// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.MoreExecutors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CompletionHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A service with the same-thread strategy, or one thread, has the calls of a connection in their order, one at a time, as over TCP. */
@Timeout(120)
class CallOrderTest {

    private static final int CALLS = 3000;

    /** Notes the number that each call begins with. One thread at a time, or it loses some. */
    private static final class Numbers extends EchoProgram {
        private final List<Integer> seen = new ArrayList<>();

        @Override
        public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
            Bytes bytes = new Bytes();
            call.retrieveCall(bytes);
            seen.add(ByteBuffer.wrap(bytes.value).getInt());
            call.reply(XdrVoid.XDR_VOID);
        }
    }

    private static CompletionHandler<RpcReply, RpcTransport> counting(CountDownLatch latch) {
        return new CompletionHandler<>() {
            @Override
            public void completed(RpcReply reply, RpcTransport transport) {
                latch.countDown();
            }

            @Override
            public void failed(Throwable cause, RpcTransport transport) {
                latch.countDown();
            }
        };
    }

    /** Every tenth has to be pulled, and takes longer to come than those behind it. */
    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"oncrpc.rdma.same-thread=off", "oncrpc.rdma.same-thread=on"})
    void callsOfASameThreadServiceComeInTheOrderOfTheirConnection(String setting) throws Exception {
        callsComeInTheOrderOfTheirConnection(setting, MoreExecutors.newDirectExecutorService());
    }

    @Test
    void soDoThoseOfAServiceWithAPoolOfOneThread() throws Exception {
        callsComeInTheOrderOfTheirConnection("oncrpc.rdma.same-thread=off", Executors.newFixedThreadPool(1));
    }

    @Test
    void soDoThoseOfAServiceWithAPoolThatNeverHasMoreThanOneThread() throws Exception {
        callsComeInTheOrderOfTheirConnection("oncrpc.rdma.same-thread=off",
                new ThreadPoolExecutor(1, 4, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>()));
    }

    @Test
    void soDoThoseOfAServiceWithASingleThread() throws Exception {
        callsComeInTheOrderOfTheirConnection("oncrpc.rdma.same-thread=off", Executors.newSingleThreadExecutor());
    }

    private static void callsComeInTheOrderOfTheirConnection(String setting, ExecutorService executor) throws Exception {
        Numbers numbers = new Numbers();
        try (LocalEndpoints peers = new LocalEndpoints(Map.of(setting.split("=")[0], setting.split("=")[1]),
                Map.of(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), numbers), executor)) {
            RpcTransport transport = peers.connect();
            CountDownLatch answered = new CountDownLatch(CALLS);
            CompletionHandler<RpcReply, RpcTransport> handler = counting(answered);
            for (int i = 0; i < CALLS; i++) {
                byte[] bytes = ByteBuffer.allocate(i % 10 == 3 ? 30_000 : 100).putInt(i).array();
                LocalEndpoints.call(transport, EchoProgram.PROGRAM).call(EchoProgram.WRITE, new EchoProgram.Bytes(bytes), handler);
            }
            answered.await();
        } finally {
            executor.shutdown();
        }
        assertThat(numbers.seen).isEqualTo(IntStream.range(0, CALLS).boxed().toList());
    }
}
