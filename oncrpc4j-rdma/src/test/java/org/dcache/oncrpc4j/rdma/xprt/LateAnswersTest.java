// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerClosedException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.error.CreditsExhaustedException;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.requester.ReplyListener;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Calls that are given up on a device, which ends a connection when its peer reaches for memory that is exposed no more: what they offered
 * stays until their answer, or until nothing will come.
 */
class LateAnswersTest extends CallsToScriptedPeer {

    /** As {@code KeptCalls} has it. */
    private static final int MOST_KEPT = 64;
    private static final int CREDITS = 128;

    private final Counters counters = engine.counters;

    @BeforeEach
    void memoryMustBeRegistered() throws Exception {
        ((Engine.TestAdapter) engine.device.adapter()).anyMemory = false;
        call(1, 0);
        replyTo(1, CREDITS);
    }

    /** With arguments by Read chunk and a result by Write chunk. */
    private Engine.Waiting callWithChunks(int xid) throws IOException {
        return call(xid, 5000, e -> {
            e.result(10_000);
            e.bound(200);
        });
    }

    private void giveUp(int xid) {
        assertThat(engine.connection.requester().abandon(xid)).isNotNull();
    }

    private void giveUpWithChunks(int first, int count) throws IOException {
        for (int xid = first; xid < first + count; xid++) {
            callWithChunks(xid);
        }
        IntStream.range(first, first + count).forEach(this::giveUp);
    }

    private long reachable() {
        return engine.qp.exposed.stream().filter(e -> !e.revoked).count();
    }

    private long memory() {
        return engine.device.regbufs().inUse();
    }

    private void expectCounted(int kept, int fenced) {
        assertThat(counters.get(XprtCounter.KEPT_ABANDONED)).isEqualTo(kept);
        assertThat(counters.get(XprtCounter.FENCED_ABANDONED)).isEqualTo(fenced);
    }

    @Test
    @Tag("conformance-29")
    void whatAGivenUpCallOfferedStaysUntilItsAnswerAndIsGivenBackThen() throws Exception {
        Engine.Waiting other = callWithChunks(2);
        long before = memory();
        Engine.Waiting late = callWithChunks(3);
        giveUp(3);
        assertThat(reachable()).isEqualTo(4);
        assertThat(memory()).isGreaterThan(before);
        expectCounted(1, 0);
        replyTo(3, CREDITS);
        assertThat(reachable()).as("of the other call").isEqualTo(2);
        assertThat(memory()).isEqualTo(before);
        assertThat(late.outcomes).isZero();
        assertThat(counters.get(XprtCounter.DROPPED_ABANDONED)).isEqualTo(1);
        replyTo(2, CREDITS);
        assertThat(other.reply).isNotNull();
        assertThat(memory()).isZero();
        assertThat(engine.qp.ended).isNull();
    }

    @Test
    void theLateAnswerMayInvalidateWhatTheCallOffered() throws Exception {
        callWithChunks(2);
        giveUp(2);
        byte[] answer = Engine.message(Engine.header(2, CREDITS, RdmaHeader.RDMA_MSG), Engine.reply(2, 8));
        Engine.TestReceive receive = engine.receive(answer, engine.qp.exposed.get(0).stag);
        assertThat(receive.released).isEqualTo(1);
        assertThat(counters.get(XprtCounter.REMOTE_INVALIDATIONS)).isEqualTo(1);
        assertThat(counters.get(XprtCounter.LOCAL_INVALIDATIONS)).isEqualTo(1);
        assertThat(memory()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"an error", "a header that cannot be decoded"})
    void anAnswerThatIsNoReplyGivesTheMemoryBackToo(String kind) throws Exception {
        callWithChunks(2);
        giveUp(2);
        ByteBuffer answer = ByteBuffer.wrap(Engine.message(Engine.header(2, CREDITS, RdmaHeader.RDMA_MSG), Engine.reply(2, 8)));
        if (kind.equals("an error")) {
            answer = ByteBuffer.allocate(20).putInt(2).putInt(1).putInt(CREDITS).putInt(RdmaHeader.RDMA_ERROR).putInt(RdmaHeader.ERR_CHUNK);
        } else {
            answer.putInt(16, 99);
        }
        engine.receive(answer.array());
        assertThat(reachable()).isZero();
        assertThat(memory()).isZero();
        assertThat(counters.get(XprtCounter.DROPPED_ABANDONED)).isEqualTo(1);
    }

    @Test
    void whoGivesUpWaitsForNoFence() throws Exception {
        engine.qp.slowFences = true;
        Engine.Waiting late = callWithChunks(2);
        List<ReplyListener> told = new ArrayList<>();
        engine.connection.requester().abandon(2, told::add);
        assertThat(told).containsExactly(late);
        replyTo(2, CREDITS);
        assertThat(memory()).as("until the fences are done").isPositive();
        engine.qp.exposed.forEach(e -> e.pendingFence.run());
        assertThat(memory()).isZero();
    }

    @Test
    void anAnswerThatIsQuickerThanTheLoopLeavesNothingToKeep() throws Exception {
        callWithChunks(2);
        engine.qp.inLoop = false;
        engine.connection.requester().abandon(2, listener -> {});
        engine.qp.inLoop = true;
        replyTo(2, CREDITS);
        engine.qp.runTask();
        expectCounted(0, 1);
        assertThat(reachable()).isZero();
        assertThat(memory()).isZero();
    }

    @Test
    void aCallThatOfferedNothingIsNotKept() throws Exception {
        call(2, 0);
        giveUp(2);
        expectCounted(0, 1);
        assertThat(memory()).isZero();
    }

    @Test
    void moreThanMayBeKeptAreFencedUntilAnAnswerMakesRoom() throws Exception {
        giveUpWithChunks(100, MOST_KEPT + 2);
        expectCounted(MOST_KEPT, 2);
        assertThat(reachable()).isEqualTo(2 * MOST_KEPT);
        replyTo(100, CREDITS);
        giveUpWithChunks(300, 2);
        expectCounted(MOST_KEPT + 1, 3);
        assertThat(reachable()).isEqualTo(2 * MOST_KEPT);
    }

    @Test
    void noneIsKeptWhileMoreThanHalfOfTheMemoryIsInUse() throws Exception {
        callWithChunks(2);
        List<Regbuf> others = new ArrayList<>();
        while (memory() <= engine.device.regbufs().budget() / 2) {
            others.add(engine.device.regbufs().acquire(1 << 20));
        }
        giveUp(2);
        expectCounted(0, 1);
        others.forEach(Regbuf::release);
        assertThat(memory()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theEndOfTheConnectionGivesAllBack(boolean slowFences) throws Exception {
        giveUpWithChunks(100, 10);
        engine.qp.slowFences = slowFences;
        engine.qp.abort(new PeerClosedException("gone"));
        if (slowFences) {
            engine.qp.exposed.forEach(e -> e.pendingFence.run());
        }
        assertThat(reachable()).isZero();
        assertThat(memory()).isZero();
    }

    @Test
    void aCallThatIsGivenUpAsTheConnectionEndsIsNotKept() throws Exception {
        callWithChunks(2);
        engine.qp.inLoop = false;
        engine.connection.requester().abandon(2, listener -> {});
        engine.qp.inLoop = true;
        engine.qp.abort(new PeerClosedException("gone"));
        engine.qp.runTask();
        expectCounted(0, 1);
        assertThat(memory()).isZero();
    }

    @Test
    void whenKeptCallsHoldAllCreditsTheConnectionEndsAndGivesAllBack() throws Exception {
        call(2, 0);
        replyTo(2, 4);
        giveUpWithChunks(100, 4);
        long now = System.nanoTime();
        engine.connection.patrol(now);
        engine.connection.patrol(now + TimeUnit.SECONDS.toNanos(11));
        assertThat(engine.qp.ended).isInstanceOf(CreditsExhaustedException.class);
        assertThat(memory()).isZero();
    }

    /** It has no answer: what it offered goes as that of any one-way call does. */
    @Test
    void aOneWayCallThatWasGivenUpGoesWhenItsTimeIsOver() throws Exception {
        oneWay(2, 5000);
        giveUp(2);
        expectCounted(1, 0);
        long now = System.nanoTime();
        engine.connection.patrol(now);
        engine.connection.patrol(now);
        replyTo(engine.sentHeader(engine.sends().size() - 1).xid(), CREDITS);
        assertThat(reachable()).as("the peer may still pull it").isEqualTo(1);
        engine.connection.patrol(now);
        engine.connection.patrol(now + TimeUnit.MILLISECONDS.toNanos(engine.device.limits().readTimeout() + 1));
        assertThat(reachable()).isZero();
        assertThat(memory()).isZero();
    }
}
