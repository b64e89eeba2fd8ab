// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.bench.BenchProtocol;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The load and the service against each other over oncrpc4j's own TCP. */
@Timeout(60)
class LoadTest {

    private static final long LONG = TimeUnit.SECONDS.toNanos(50);

    private OncRpcSvc server;
    private OncRpcSvc client;

    private RpcCall connect(RpcDispatchable program) throws IOException {
        server = new OncRpcSvcBuilder().withTCP().withoutAutoPublish().withBindAddress("127.0.0.1").withWorkerThreadIoStrategy()
                .withRpcService(new OncRpcProgram(BenchProtocol.PROGRAM, BenchProtocol.VERSION), program).build();
        server.start();
        client = new OncRpcSvcBuilder().withTCP().withClientMode().build();
        client.start();
        return new RpcCall(BenchProtocol.PROGRAM, BenchProtocol.VERSION, new RpcAuthTypeNone(),
                client.connect(server.getInetSocketAddress(IpProtocolType.TCP), 10, TimeUnit.SECONDS));
    }

    private static Load load(RpcCall call, Point point, Store store, boolean everyByte) throws IOException {
        return new Load(call, point.depth(), BenchExchange.protocol(store).prepare(point, everyByte));
    }

    @AfterEach
    void stop() throws IOException {
        client.stop();
        server.stop();
    }

    @ParameterizedTest
    @CsvSource({"CHANGING,NULL,0,1,0", "CHANGING,NULL,0,7,2", "CHANGING,NULL,0,7,0", "CHANGING,READ,1,1,0", "CHANGING,READ,5001,5,2",
        "CHANGING,READ,300000,3,0", "CHANGING,WRITE,3,1,0", "CHANGING,WRITE,5001,5,2", "CHANGING,WRITE,300000,3,0", "FIXED,READ,70000,4,2",
        "FILE,READ,1,1,0", "FILE,READ,5001,5,2", "FILE,READ,300000,3,0", "FILE,WRITE,3,1,0", "FILE,WRITE,300001,5,2"})
    void exactlyTheCallsAskedForAreMadeAndEachIsTimed(Store store, Operation operation, int size, int depth, int issuers) throws Exception {
        AtomicInteger seen = new AtomicInteger();
        BenchService service = new BenchService(store);
        RpcCall call = connect(c -> {
            seen.incrementAndGet();
            service.dispatchOncRpcCall(c);
        });
        Load.Outcome outcome = load(call, new Point(operation, size, depth), store, true).run(LONG, 50, issuers);
        assertThat(outcome.calls()).isEqualTo(50);
        assertThat(outcome.latencies().getTotalCount()).isEqualTo(50);
        assertThat(seen).hasValue(50);
    }

    @ParameterizedTest
    @CsvSource({"1,0", "4,2", "4,0"})
    void everySlotMakesOneCallWhenThereIsNoTime(int depth, int issuers) throws Exception {
        RpcCall call = connect(new BenchService(Store.CHANGING));
        assertThat(load(call, new Point(Operation.NULL, 0, depth), Store.CHANGING, false).run(-1, 1000, issuers).calls()).isEqualTo(depth);
    }

    @Test
    void dataOfAnotherCallEndsTheRun() throws Exception {
        RpcCall call = connect(c -> {
            Wire.Header arguments = new Wire.Header();
            c.retrieveCall(arguments);
            Pattern pattern = new Pattern(arguments.count);
            c.reply(new Wire.Data().set(arguments.tag, pattern.stamp(pattern.fill(ByteBuffer.allocate(arguments.count)), 42), false));
        });
        for (int depth : new int[] {1, 4}) {
            assertThatThrownBy(() -> load(call, new Point(Operation.READ, 100, depth), Store.CHANGING, false).run(LONG, 1000, 2))
                    .isInstanceOf(DataMismatchException.class);
        }
    }

    @Test
    void aServerThatRefusesEndsTheRun() throws Exception {
        RpcCall call = connect(RpcCall::failRpcSystem);
        for (int depth : new int[] {1, 4}) {
            assertThatThrownBy(() -> load(call, new Point(Operation.NULL, 0, depth), Store.CHANGING, false).run(LONG, 1000, 2))
                    .isInstanceOf(IOException.class);
        }
    }
}
