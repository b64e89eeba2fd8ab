// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.proto.MalformedHeaderException;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.proto.RpcWords;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Calls that nobody answers: their credits come back by the NULL call behind them. */
class OneWayCallsTest extends CallsToScriptedPeer {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private int sentXid(int n) throws MalformedHeaderException {
        return engine.sentHeader(n).xid();
    }

    private int procedure(int n) throws MalformedHeaderException {
        return ByteBuffer.wrap(engine.sentPayload(n)).getInt(RpcWords.CALL_PROCEDURE);
    }

    /** A connection whose peer grants this many. */
    private void granted(int credits) throws Exception {
        call(1, 0);
        replyTo(1, credits);
    }

    @Test
    @Tag("conformance-1")
    void manyMoreThanTheWindowGoOutOneFlushForHalfAWindow() throws Exception {
        granted(16);
        int all = 1000;
        int answered = 0;
        for (int i = 0; i < all; i++) {
            oneWay(1000 + i, 0);
            for (; answered < engine.sends().size(); answered++) {
                if (procedure(answered) == 0) {
                    replyTo(sentXid(answered), 16);
                }
            }
        }
        assertThat(engine.sends()).hasSizeBetween(1 + all, 1 + all + all / 8);
        assertThat(engine.counters.get(XprtCounter.ONE_WAY_FLUSHES)).isBetween(100L, 125L);
        assertThat(engine.connection.requester().size()).as("calls that are remembered").isLessThan(16);
    }

    /** A flush of the same program and version, with AUTH_NONE; a credit is left for it. */
    @Test
    void theFlushIsANullCallOfTheSameProgramAndHasItsCredit() throws Exception {
        granted(4);
        for (int i = 0; i < 10; i++) {
            oneWay(100 + i, 0);
        }
        assertThat(engine.sends()).as("the call, two one-way calls, the flush, one more").hasSizeLessThanOrEqualTo(1 + 4);
        int flush = 3;
        assertThat(procedure(flush)).isZero();
        ByteBuffer expected = ByteBuffer.wrap(Engine.call(sentXid(flush), 0)).putInt(RpcWords.CALL_PROCEDURE, 0);
        assertThat(engine.sentPayload(flush)).isEqualTo(expected.array());
        replyTo(sentXid(flush), 4);
        assertThat(engine.sends().size()).isGreaterThan(5);
    }

    @Test
    @Tag("conformance-3")
    void onAFreshConnectionTheGrantIsAskedForFirst() throws Exception {
        oneWay(100, 0);
        assertThat(engine.sends()).hasSize(1);
        assertThat(procedure(0)).isZero();
        replyTo(sentXid(0), 8);
        assertThat(sentXid(1)).isEqualTo(100);
    }

    /** A server whose threads are all busy: over TCP it holds back who calls, and nothing is lost. */
    @Test
    void aFlushThatIsAnsweredLateKeepsItsConnection() throws Exception {
        oneWay(100, 0);
        long now = System.nanoTime();
        engine.connection.patrol(now);
        engine.connection.patrol(now + 1000 * SECOND);
        assertThat(engine.qp.ended).isNull();
        replyTo(sentXid(0), 8);
        assertThat(sentXid(1)).isEqualTo(100);
    }

    @Test
    void whereOneCallIsGrantedOneWayCallsGoOnAsWell() throws Exception {
        granted(1);
        for (int i = 0; i < 5; i++) {
            oneWay(100 + i, 0);
        }
        for (int i = 0; i < 5; i++) {
            int n = 1 + 2 * i;
            assertThat(sentXid(n)).isEqualTo(100 + i);
            assertThat(procedure(n + 1)).isZero();
            replyTo(sentXid(n + 1), 1);
        }
    }

    @Test
    void aCallThatWaitsBehindOneWayCallsOnlyIsNotHeldUp() throws Exception {
        granted(3);
        oneWay(100, 0);
        Engine.Waiting first = call(2, 0);
        Engine.Waiting second = call(3, 0);
        assertThat(engine.sends()).hasSize(3);
        replyTo(2, 3);
        assertThat(first.reply).isNotNull();
        for (int n = 3; n < engine.sends().size() && n < 10; n++) {
            replyTo(sentXid(n), 3);
        }
        assertThat(second.reply).isNotNull();
    }

    /** Servers answer calls of procedures that have answers, whether somebody waits or not: then their credit comes back once. */
    @Test
    @Tag("conformance-1")
    void aOneWayCallThatIsAnsweredGivesItsCreditBackOnce() throws Exception {
        granted(4);
        oneWay(100, 0);
        oneWay(101, 0);
        int flush = 3;
        assertThat(procedure(flush)).isZero();
        replyTo(100, 4);
        replyTo(sentXid(flush), 4);
        replyTo(101, 4);
        for (int xid = 10; xid < 20; xid++) {
            call(xid, 0);
        }
        assertThat(engine.sends()).as("the window is four, not five").hasSize(4 + 4);
    }

    @Test
    void aFewThatLieAroundAreFlushedByThePeriodicLook() throws Exception {
        granted(16);
        oneWay(100, 0);
        assertThat(engine.sends()).hasSize(2);
        engine.connection.patrol(System.nanoTime());
        engine.connection.patrol(System.nanoTime());
        assertThat(engine.sends()).hasSize(3);
        replyTo(sentXid(2), 16);
        assertThat(engine.connection.isIdle()).isTrue();
    }

    /** The answer to the flush says that the message was taken, not that its Read chunk was pulled. */
    @Test
    void theReadChunkOfAOneWayCallStaysForAWhileAfterTheFlush() throws Exception {
        granted(2);
        oneWay(100, 5000);
        replyTo(sentXid(2), 2);
        assertThat(engine.qp.exposed.get(0).revoked).isFalse();
        long now = System.nanoTime();
        engine.connection.patrol(now);
        engine.connection.patrol(now + 59 * SECOND);
        assertThat(engine.qp.exposed.get(0).revoked).isFalse();
        engine.connection.patrol(now + 61 * SECOND);
        assertThat(engine.qp.exposed.get(0).revoked).isTrue();
        assertThat(engine.connection.isIdle()).isTrue();
    }

    @Test
    @Tag("conformance-5")
    void aGrantThatShrinksBelowTheOneWayCallsOutIsNoEnd() throws Exception {
        granted(64);
        for (int i = 0; i < 20; i++) {
            oneWay(100 + i, 0);
        }
        call(2, 0);
        replyTo(2, 8);
        int flush = engine.sends().size() - 1;
        assertThat(procedure(flush)).isZero();
        replyTo(sentXid(flush), 8);
        assertThat(engine.connection.isIdle()).isTrue();
    }

    @Test
    void readChunksOfOneWayCallsThatNobodyPullsAreBounded() throws Exception {
        granted(16);
        int answered = 0;
        int[] flushes = {0};
        for (int i = 0; i < 200; i++) {
            oneWay(1000 + i, 500_000);
            for (; answered < engine.sends().size(); answered++) {
                if (engine.sentHeader(answered).procedure() == RdmaHeader.RDMA_MSG && procedure(answered) == 0) {
                    flushes[0]++;
                    replyTo(sentXid(answered), 16);
                }
            }
        }
        assertThat(flushes[0]).isPositive();
        assertThat(engine.qp.exposed).hasSizeLessThan(100);
        assertThat(engine.counters.get(XprtCounter.CREDIT_WAITS)).isPositive();
    }
}
