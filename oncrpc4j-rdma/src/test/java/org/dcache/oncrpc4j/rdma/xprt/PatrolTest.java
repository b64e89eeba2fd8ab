// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest.Opcode;
import org.dcache.oncrpc4j.rdma.verbs.error.IdleTimeoutException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerSilentException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.error.ReadTimeoutException;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.responder.InboundCall;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the periodic look does on a silent connection; the test is the clock. */
class PatrolTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private Engine engine;

    /** The device's own patrol has nothing to do within such times. */
    private void with(String keepalive, String idle) {
        engine = new Engine(false, new PrivateData(true, Engine.INLINE, Engine.INLINE),
                Map.of("oncrpc.rdma.keepalive", keepalive, "oncrpc.rdma.idle-timeout", idle));
    }

    @AfterEach
    void end() {
        if (engine.qp.ended == null) {
            engine.qp.abort(new PeerClosedException("end of test"));
        }
        engine.calls.forEach(InboundCall::releaseMemory);
        engine.close();
    }

    @Test
    @Tag("conformance-64")
    void aSilentPeerIsProbedByAnEmptyReadOneAtATime() throws IOException {
        with("1000s", "0");
        long now = System.nanoTime();
        engine.connection.patrol(now + 999 * SECOND);
        assertThat(engine.qp.posted).isEmpty();
        engine.connection.patrol(now + 1001 * SECOND);
        assertThat(engine.qp.posted).singleElement().satisfies(probe -> {
            assertThat(probe.opcode()).isEqualTo(Opcode.RDMA_READ);
            assertThat(probe.signaled()).isTrue();
            assertThat(probe.bytes()).isEmpty();
        });
        engine.connection.patrol(now + 2000 * SECOND);
        assertThat(engine.qp.posted).as("none while the first is out").hasSize(1);
        engine.connection.onReadCompletion(engine.qp, engine.qp.posted.get(0).request(), true);
        engine.connection.patrol(now + 4000 * SECOND);
        assertThat(engine.qp.posted).hasSize(2);
        assertThat(engine.counters.get(XprtCounter.KEEPALIVES)).isEqualTo(2);
        assertThat(engine.qp.ended).isNull();
    }

    @Test
    void aPeerThatDoesNotAnswerTheProbeIsGoneEvenIfWeGoOnSending() throws IOException {
        with("1000s", "0");
        long now = System.nanoTime();
        engine.receive(Engine.message(Engine.header(1, 1, RdmaHeader.RDMA_MSG), Engine.call(1, 0)));
        engine.connection.patrol(now + 1001 * SECOND);
        engine.answer(engine.calls.get(0), Engine.reply(1, 0));
        engine.connection.patrol(now + 3000 * SECOND);
        assertThat(engine.qp.ended).isNull();
        engine.connection.patrol(now + 3002 * SECOND);
        assertThat(engine.qp.ended).isInstanceOf(PeerSilentException.class);
        assertThat(engine.counters.get(XprtCounter.PEER_SILENT)).isEqualTo(1);
    }

    @Test
    void aPeerThatSendsSomethingWhileTheProbeIsOutIsNotGoneYet() {
        with("1000s", "0");
        long now = System.nanoTime();
        Keepalive keepalive = new Keepalive(engine.connection);
        keepalive.heard(now);
        keepalive.patrol(engine.qp, now + 1001 * SECOND);
        keepalive.heard(now + 1500 * SECOND);
        keepalive.patrol(engine.qp, now + 3100 * SECOND);
        assertThat(engine.qp.ended).as("the answer may wait behind what came").isNull();
        keepalive.patrol(engine.qp, now + 3600 * SECOND);
        assertThat(engine.qp.ended).isInstanceOf(PeerSilentException.class);
    }

    @Test
    void aConnectionWithoutCallsIsClosedAfterTheIdleTimeOut() {
        with("0", "1000s");
        long now = System.nanoTime();
        engine.connection.patrol(now + 999 * SECOND);
        assertThat(engine.qp.ended).isNull();
        engine.connection.patrol(now + 1001 * SECOND);
        assertThat(engine.qp.ended).isInstanceOf(IdleTimeoutException.class);
        assertThat(engine.counters.get(XprtCounter.IDLE_CLOSED)).isEqualTo(1);
    }

    @Test
    void aPeerThatNeverAnswersOurReadsIsClosed() {
        with("0", "0");
        RdmaHeader call = Engine.header(1, 1, RdmaHeader.RDMA_NOMSG);
        call.addRead(0, 800, 5000, 0);
        long now = System.nanoTime();
        engine.receive(Engine.message(call, new byte[0]));
        engine.connection.patrol(now + 59 * SECOND);
        assertThat(engine.qp.ended).isNull();
        engine.connection.patrol(now + 1000 * SECOND);
        assertThat(engine.qp.ended).isInstanceOf(ReadTimeoutException.class);
        assertThat(engine.counters.get(XprtCounter.READ_TIMEOUT)).isEqualTo(1);
        engine.connection.onReadCompletion(engine.qp, engine.qp.posted.get(0).request(), false);
        assertThat(engine.device.regbufs().inUse()).as("the memory is back when the provider has let go of it").isZero();
    }

    /** Others hold it; they have their own time-outs. */
    @Test
    void aCallThatWaitsForMemoryIsNoFaultOfItsPeer() {
        with("0", "0");
        List<Regbuf> all = new ArrayList<>();
        for (Regbuf one = engine.device.regbufs().tryAcquire(1 << 20); one != null; one = engine.device.regbufs().tryAcquire(1 << 20)) {
            all.add(one);
        }
        RdmaHeader call = Engine.header(1, 1, RdmaHeader.RDMA_NOMSG);
        call.addRead(0, 800, 1 << 20, 0);
        long now = System.nanoTime();
        engine.receive(Engine.message(call, new byte[0]));
        engine.connection.patrol(now + 1000 * SECOND);
        assertThat(engine.qp.ended).isNull();
        all.remove(0).release();
        assertThat(engine.qp.posted).as("the Read").hasSize(1);
        engine.connection.patrol(now + 59 * SECOND);
        assertThat(engine.qp.ended).isNull();
        engine.connection.patrol(now + 1000 * SECOND);
        assertThat(engine.qp.ended).as("with memory it is the peer that is waited for").isInstanceOf(ReadTimeoutException.class);
        engine.connection.onReadCompletion(engine.qp, engine.qp.posted.get(0).request(), false);
        all.forEach(Regbuf::release);
    }

    /** What is scheduled and throws is never run again: then nothing would look after any connection of the device. */
    @Test
    void aFaultAtOneConnectionEndsThatOneAndTheOthersAreLookedAt() {
        with("1000s", "0");
        engine.qp.fault = new IllegalStateException("planted");
        List<ScriptedQueuePair> others = List.of(another(), another());
        engine.device.patrol(System.nanoTime() + 1001 * SECOND);
        assertThat(engine.qp.ended).hasMessageContaining("planted");
        assertThat(engine.counters.get(XprtCounter.PATROL_FAILED)).isEqualTo(1);
        for (ScriptedQueuePair other : others) {
            assertThat(other.posted).as("the probe").hasSize(1);
            other.abort(new PeerClosedException("end of test"));
        }
    }

    private ScriptedQueuePair another() {
        ScriptedQueuePair qp = new ScriptedQueuePair(new byte[0]);
        qp.handler = new RdmaConnection(engine.device, engine, false, PrivateData.NONE);
        qp.handler.onEstablished(qp);
        return qp;
    }

    @Test
    void aConnectionWithACallOfEitherSideIsNotIdle() {
        with("0", "1000s");
        long now = System.nanoTime();
        engine.receive(Engine.message(Engine.header(1, 1, RdmaHeader.RDMA_MSG), Engine.call(1, 0)));
        engine.connection.patrol(now + 2000 * SECOND);
        assertThat(engine.qp.ended).isNull();
        engine.answer(engine.calls.get(0), Engine.reply(1, 0));
        engine.connection.patrol(now + 4000 * SECOND);
        assertThat(engine.qp.ended).isInstanceOf(IdleTimeoutException.class);
    }

    @Test
    void whoCannotBeHeardForWantOfReceivesIsNeitherSilentNorIdleNorLate() {
        with("1000s", "1000s");
        RdmaHeader call = Engine.header(1, 1, RdmaHeader.RDMA_NOMSG);
        call.addRead(0, 800, 5000, 0);
        long now = System.nanoTime();
        engine.receive(Engine.message(call, new byte[0]));
        engine.qp.receiveStalled = true;
        engine.connection.patrol(now + 5000 * SECOND);
        engine.connection.patrol(now + 9000 * SECOND);
        assertThat(engine.qp.ended).isNull();
        engine.qp.receiveStalled = false;
        engine.connection.patrol(now + 9050 * SECOND);
        assertThat(engine.qp.ended).as("it has its time from now on").isNull();
        assertThat(engine.counters.get(XprtCounter.KEEPALIVES)).isZero();
        engine.connection.patrol(now + 9100 * SECOND);
        assertThat(engine.qp.ended).isInstanceOf(ReadTimeoutException.class);
        engine.connection.onReadCompletion(engine.qp, engine.qp.posted.get(0).request(), false);
    }

    @Test
    void aConnectionWithoutCallsIsNotIdleWhileAMessageWaitsForAReceive() {
        with("0", "1000s");
        engine.qp.receiveStalled = true;
        engine.connection.patrol(System.nanoTime() + 2000 * SECOND);
        assertThat(engine.qp.ended).isNull();
    }
}
