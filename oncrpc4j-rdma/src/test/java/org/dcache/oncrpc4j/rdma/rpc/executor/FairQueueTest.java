// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.executor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections take turns at a service's threads, and no call is lost when there is none. */
@Timeout(120)
class FairQueueTest {

    private final FairQueue queue = new FairQueue();
    private final FairQueue.Flow one = new FairQueue.Flow();
    private final FairQueue.Flow other = new FairQueue.Flow();
    private final List<String> done = new ArrayList<>();

    private void add(FairQueue.Flow flow, String name) {
        queue.add(flow, new FairQueue.Work() {
            @Override
            public void run() {
                done.add(name);
            }

            @Override
            public void rejected() {
                done.add(name + " rejected");
            }
        });
    }

    private void runAll() {
        for (FairQueue.Work work = queue.next(); work != null; work = queue.next()) {
            work.run();
        }
    }

    @Test
    void flowsTakeTurnsAndEachKeepsItsOrder() {
        add(one, "a1");
        add(one, "a2");
        add(one, "a3");
        add(other, "b1");
        add(other, "b2");
        runAll();
        assertThat(done).containsExactly("a1", "b1", "a2", "b2", "a3");
        add(one, "a4");
        runAll();
        assertThat(done).endsWith("a4");
    }

    @Test
    void whatIsTakenBackIsTheYoungestOfItsFlowOrElseAnother() {
        add(one, "a1");
        add(other, "b1");
        add(other, "b2");
        queue.takeBack(other).rejected();
        queue.takeBack(other).rejected();
        queue.takeBack(other).rejected();
        assertThat(done).containsExactly("b2 rejected", "b1 rejected", "a1 rejected");
        assertThat(queue.takeBack(one)).isNull();
        assertThat(queue.next()).isNull();
    }

    /** Runs each task in a thread of its own, until it is told to keep them. */
    private static final class Keeping extends UnstoppedExecutor {
        private final ConcurrentLinkedQueue<Runnable> kept = new ConcurrentLinkedQueue<>();
        private volatile boolean keeps;
        private volatile boolean rejects;

        @Override
        public void execute(Runnable task) {
            if (rejects) {
                throw new RejectedExecutionException("rejects");
            }
            if (keeps) {
                kept.add(task);
            } else {
                new Thread(task).start();
            }
        }
    }

    /** Notes whose calls it gets. */
    private static final class Noting extends EchoProgram {
        private final List<InetSocketAddress> callers = new CopyOnWriteArrayList<>();

        @Override
        public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
            callers.add(call.getTransport().getRemoteSocketAddress());
            super.dispatchOncRpcCall(call);
        }
    }

    private static List<Future<XdrVoid>> calls(RpcTransport transport, int count) throws IOException {
        List<Future<XdrVoid>> calls = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            calls.add(LocalEndpoints.call(transport, EchoProgram.PROGRAM).call(0, XdrVoid.XDR_VOID, XdrVoid.class));
        }
        return calls;
    }

    @Test
    void oneCallOfAClientDoesNotWaitBehindAllThoseOfAnother() throws Exception {
        Keeping executor = new Keeping();
        Noting program = new Noting();
        try (LocalEndpoints peers = new LocalEndpoints(Map.of(),
                Map.of(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), program), executor)) {
            RpcTransport busy = peers.connect();
            RpcTransport quiet = peers.connect();
            // The first reply brings credits for more than one call.
            calls(busy, 1).get(0).get(60, TimeUnit.SECONDS);
            calls(quiet, 1).get(0).get(60, TimeUnit.SECONDS);
            InetSocketAddress quietOne = program.callers.get(1);
            executor.keeps = true;
            List<Future<XdrVoid>> all = calls(busy, 10);
            LeakLedger.await("the busy connection's calls wait", () -> executor.kept.size() == 10);
            all.addAll(calls(quiet, 1));
            LeakLedger.await("so does the other's", () -> executor.kept.size() == 11);
            executor.keeps = false;
            program.callers.clear();
            executor.kept.forEach(Runnable::run);
            for (Future<XdrVoid> call : all) {
                call.get(60, TimeUnit.SECONDS);
            }
            assertThat(program.callers).hasSize(11);
            assertThat(program.callers.indexOf(quietOne)).isEqualTo(1);
        }
    }

    @Test
    void aCallMoreThanTheExecutorTakesIsRejectedAndTheOthersAreServed() throws Exception {
        Keeping executor = new Keeping();
        try (LocalEndpoints peers = new LocalEndpoints(Map.of(), LocalEndpoints.echo(), executor)) {
            RpcTransport transport = peers.connect();
            calls(transport, 1).get(0).get(60, TimeUnit.SECONDS);
            executor.keeps = true;
            List<Future<XdrVoid>> taken = calls(transport, 3);
            LeakLedger.await("they wait", () -> executor.kept.size() == 3);
            executor.rejects = true;
            Future<XdrVoid> rejected = calls(transport, 1).get(0);
            LeakLedger.await("it is answered at once", rejected::isDone);
            executor.rejects = false;
            executor.keeps = false;
            executor.kept.forEach(Runnable::run);
            for (Future<XdrVoid> call : taken) {
                call.get(60, TimeUnit.SECONDS);
            }
            assertThat(rejected).failsWithin(60, TimeUnit.SECONDS);
        }
    }
}
