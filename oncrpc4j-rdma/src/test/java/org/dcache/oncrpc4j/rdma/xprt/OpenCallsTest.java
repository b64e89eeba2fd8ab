// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.responder.InboundCall;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who holds a call's memory, and which calls count, when a program does not answer, answers elsewhere or is slow. */
class OpenCallsTest {

    private static final int GRANT = 4;
    private static final int HEAD = 48;

    private Engine engine = engine(false);

    private static Engine engine(boolean inOrder) {
        return new Engine(false, new PrivateData(true, Engine.INLINE, Engine.INLINE), Map.of("oncrpc.rdma.credits", "" + GRANT), inOrder);
    }

    @AfterEach
    void nothingIsKept() {
        engine.close();
        assertThat(engine.receives).allMatch(r -> r.released == 1);
        assertThat(engine.device.regbufs().inUse()).as("regbufs still handed out").isZero();
    }

    private InboundCall receive(int xid) {
        engine.receive(Engine.message(Engine.header(xid, GRANT, RdmaHeader.RDMA_MSG), Engine.call(xid, 20)));
        return last();
    }

    private InboundCall last() {
        return engine.calls.get(engine.calls.size() - 1);
    }

    private void end() {
        engine.connection.onDisconnected(engine.qp, new ConnectionClosedException("over"));
    }

    private void runTasks() {
        while (!engine.qp.tasks.isEmpty()) {
            engine.qp.tasks.remove().run();
        }
    }

    private void reply(InboundCall call) {
        engine.answer(call, Engine.reply(call.xid(), 4));
    }

    private static void inAnotherThread(Runnable task) throws InterruptedException {
        Thread thread = new Thread(task);
        thread.start();
        thread.join();
    }

    @Test
    void oneWayCallsWithoutEndHoldNothingAndDoNotCount() {
        for (int xid = 1; xid <= 10_000; xid++) {
            InboundCall call = receive(xid);
            call.begin();
            call.detach(HEAD);
            call.returned();
        }
        assertThat(engine.qp.ended).isNull();
        assertThat(engine.connection.callsServed()).isZero();
    }

    @Test
    void aCallThatWasLeftUnansweredCanBeAnsweredLater() throws Exception {
        InboundCall call = receive(7);
        call.begin();
        call.detach(HEAD);
        call.returned();
        assertThat(engine.receives.get(0).released).isEqualTo(1);
        assertThat(call.message().remaining()).isEqualTo(HEAD);
        reply(call);
        assertThat(engine.sentHeader(0).xid()).isEqualTo(7);
        assertThat(engine.connection.callsServed()).isZero();
    }

    @Test
    void whileADispatchRunsItsMemoryStaysWhoeverAnswers() throws Exception {
        InboundCall call = receive(7);
        call.begin();
        inAnotherThread(() -> reply(call));
        assertThat(engine.receives.get(0).released).isZero();
        call.returned();
        assertThat(engine.receives.get(0).released).isEqualTo(1);
        assertThat(engine.connection.callsServed()).isZero();
    }

    @Test
    void theEndOfTheConnectionTakesBackWhatNoDispatchHasBegunWith() {
        InboundCall call = receive(7);
        end();
        assertThat(engine.receives.get(0).released).isEqualTo(1);
        call.begin();
        assertThat(call.message()).isEqualTo(ByteBuffer.wrap(Engine.call(7, 20)));
        call.returned();
    }

    @Test
    void whatARunningDispatchSeesStaysUntilItReturnsThoughTheConnectionHasEnded() {
        InboundCall call = receive(7);
        call.begin();
        end();
        assertThat(engine.receives.get(0).released).isZero();
        call.returned();
        assertThat(engine.receives.get(0).released).isEqualTo(1);
    }

    private static byte[] pulledHeader(int xid, int length) {
        RdmaHeader h = Engine.header(xid, GRANT, RdmaHeader.RDMA_NOMSG);
        h.addRead(0, 800, length, 0);
        return Engine.message(h, new byte[0]);
    }

    private void pull(int posted, int xid, int length) {
        ScriptedQueuePair.Posted read = engine.qp.posted.get(posted);
        read.request().buffer(0).duplicate().put(Engine.call(xid, length - 40));
        engine.connection.onReadCompletion(engine.qp, read.request(), true);
    }

    @Test
    void anUndecodedPulledCallHoldsItsCreditAndItsSinkUntilTheConnectionEnds() {
        for (int length : new int[] {5000, 300_000}) {
            int posted = engine.qp.posted.size();
            engine.receive(pulledHeader(length, length));
            pull(posted, length, length);
            last().begin();
            last().returned();
        }
        assertThat(engine.connection.callsServed()).isEqualTo(2);
        assertThat(engine.device.regbufs().inUse()).isPositive();
        List<InboundCall> calls = List.copyOf(engine.calls);
        end();
        assertThat(engine.device.regbufs().inUse()).isZero();
        assertThat(calls).allSatisfy(call -> assertThat(call.message())
                .isEqualTo(ByteBuffer.wrap(Engine.call(call.xid(), call.xid() - 40))));
    }

    @Test
    void lentMemoryThatIsLargeIsLeftToTheProgramWhenTheConnectionEnds() {
        engine.receive(pulledHeader(1, 300_000));
        pull(0, 1, 300_000);
        last().begin();
        last().lend();
        last().returned();
        assertThat(engine.counters.get(XprtCounter.REGBUF_FORGOTTEN)).isZero();
        end();
        assertThat(engine.counters.get(XprtCounter.REGBUF_FORGOTTEN)).isEqualTo(1);
        reply(last());
    }

    @Test
    void noMoreThanTheGrantIsWithTheProgramTheNextOnesWaitInOrder() {
        for (int xid = 1; xid <= 2 * GRANT; xid++) {
            receive(xid);
        }
        assertThat(engine.qp.ended).isNull();
        assertThat(engine.calls).extracting(InboundCall::xid).containsExactly(1, 2, 3, 4);
        assertThat(engine.receives).filteredOn(r -> r.released == 0).as("those of the calls that the program has").hasSize(GRANT);
        reply(engine.calls.get(2));
        engine.calls.get(0).begin();
        engine.calls.get(0).detach(HEAD);
        engine.calls.get(0).returned();
        runTasks();
        assertThat(engine.calls).extracting(InboundCall::xid).containsExactly(1, 2, 3, 4, 5, 6);
        end();
        assertThat(engine.calls).as("all go to the program, as over TCP").hasSize(2 * GRANT);
    }

    @Test
    void callsWhoseReadsAreUnderWayKeepTheirPlaceForAServiceThatWantsOrder() {
        engine.close();
        engine = engine(true);
        engine.receive(pulledHeader(1, 5000));
        engine.receive(pulledHeader(2, 5000));
        engine.receive(Engine.message(Engine.header(3, GRANT, RdmaHeader.RDMA_MSG), Engine.call(3, 0)));
        pull(1, 2, 5000);
        assertThat(engine.calls).isEmpty();
        assertThat(engine.receives).as("what waits holds no receive: the Read Response may lie behind a message that needs one")
                .allMatch(r -> r.released == 1);
        pull(0, 1, 5000);
        assertThat(engine.calls).extracting(InboundCall::xid).containsExactly(1, 2, 3);
        assertThat(last().message()).isEqualTo(ByteBuffer.wrap(Engine.call(3, 0)));
        engine.calls.forEach(this::reply);
    }

    @Test
    void othersOvertakeACallWhoseReadsAreUnderWay() {
        engine.receive(pulledHeader(1, 5000));
        assertThat(receive(2).xid()).isEqualTo(2);
        reply(last());
        pull(0, 1, 5000);
        reply(last());
    }

    /** In each round the dispatch returns while another thread answers; in the last third the connection has ended before. */
    @Test
    void theReturnOfADispatchAndAnAnswerElsewhereGiveEverythingBackOnce() throws Exception {
        int rounds = 20_000;
        InboundCall[] current = new InboundCall[1];
        CyclicBarrier barrier = new CyclicBarrier(2);
        Thread answering = new Thread(() -> {
            for (int i = 0; i < rounds; i++) {
                await(barrier);
                reply(current[0]);
                await(barrier);
            }
        });
        answering.start();
        for (int i = 0; i < rounds; i++) {
            if (i == rounds * 2 / 3) {
                end();
            }
            InboundCall call = receive(i);
            call.begin();
            current[0] = call;
            await(barrier);
            if (call.isOpen()) {
                call.detach(HEAD);
            }
            call.returned();
            await(barrier);
            assertThat(engine.receives.get(0).released).isEqualTo(1);
            assertThat(engine.connection.callsServed()).isZero();
            engine.receives.clear();
            engine.calls.clear();
            engine.qp.posted.clear();
            engine.qp.log.clear();
        }
        answering.join();
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException(e);
        }
    }
}
