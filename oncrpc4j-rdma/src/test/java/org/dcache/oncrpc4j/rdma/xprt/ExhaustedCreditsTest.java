// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerClosedException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.error.BadReplyException;
import org.dcache.oncrpc4j.rdma.xprt.error.CreditsExhaustedException;
import org.dcache.oncrpc4j.rdma.xprt.link.SendListener;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** When nobody gives a credit back, and when very many wait for one. The test is the clock of the periodic look. */
class ExhaustedCreditsTest extends CallsToScriptedPeer {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private void giveUpAWindowOf(int credits) throws Exception {
        call(1, 0);
        replyTo(1, credits);
        for (int xid = 10; xid < 10 + credits; xid++) {
            call(xid, 0);
        }
    }

    private void abandon(int first, int count) {
        for (int xid = first; xid < first + count; xid++) {
            engine.connection.requester().abandon(xid);
        }
    }

    @Test
    @Tag("conformance-1")
    void aConnectionWhoseCreditsAreAllHeldByGivenUpCallsEndsWithThatCause() throws Exception {
        giveUpAWindowOf(4);
        abandon(10, 4);
        Engine.Waiting waiting = call(20, 0);
        long now = System.nanoTime();
        engine.connection.patrol(now);
        engine.connection.patrol(now + 9 * SECOND);
        assertThat(engine.qp.ended).isNull();
        engine.connection.patrol(now + 11 * SECOND);
        assertThat(engine.qp.ended).isInstanceOf(CreditsExhaustedException.class);
        assertThat(engine.counters.get(XprtCounter.CREDITS_EXHAUSTED)).isEqualTo(1);
        assertThat(waiting.failure).isInstanceOf(EOFException.class).hasMessageContaining("given up").hasNoCause();
        assertThat(waiting.outcomes).isEqualTo(1);
    }

    /** Who has lost the calls may have lost the flush as well. */
    @Test
    void aFlushThatIsOutBesideGivenUpCallsKeepsNothing() throws Exception {
        call(1, 0);
        replyTo(1, 4);
        call(10, 0);
        call(11, 0);
        oneWay(12, 0);
        call(13, 0);
        long now = System.nanoTime();
        engine.connection.patrol(now);
        engine.connection.patrol(now + SECOND);
        assertThat(engine.counters.get(XprtCounter.ONE_WAY_FLUSHES)).isEqualTo(1);
        abandon(10, 2);
        abandon(13, 1);
        engine.connection.patrol(now + 2 * SECOND);
        engine.connection.patrol(now + 20 * SECOND);
        assertThat(engine.qp.ended).isInstanceOf(CreditsExhaustedException.class);
    }

    /** A handler that waits for another call's reply would wait for the thread that it is in. */
    @Test
    void whoSendsWhatWaitsMakesNobodyWaitInItsThread() throws Exception {
        call(1, 0);
        replyTo(1, 2);
        call(10, 0);
        engine.qp.inLoop = false;
        engine.qp.refuseExposures = true;
        engine.qp.beforeExpose = () -> {
            try {
                call(12, 0, e -> {});
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        };
        call(11, 0, e -> {});
        assertThat(sent.get(2).failed).isEqualTo(1);
        assertThat(sent.get(2).failedInPost).as("its own call").isFalse();
        assertThat(sent.get(3).failed).isEqualTo(1);
        assertThat(sent.get(3).failedInPost).as("one that has waited").isTrue();
        engine.qp.inLoop = true;
        while (!engine.qp.tasks.isEmpty()) {
            engine.qp.runTask();
        }
    }

    @Test
    void oneCallThatIsStillWaitedForKeepsTheConnection() throws Exception {
        giveUpAWindowOf(4);
        abandon(10, 3);
        long now = System.nanoTime();
        engine.connection.patrol(now);
        engine.connection.patrol(now + 1000 * SECOND);
        assertThat(engine.qp.ended).isNull();
    }

    @Test
    void aReplyBeginsTheTimeAnew() throws Exception {
        giveUpAWindowOf(4);
        abandon(10, 4);
        call(20, 0);
        call(21, 0);
        long now = System.nanoTime();
        engine.connection.patrol(now);
        replyTo(10, 4);
        abandon(20, 1);
        engine.connection.patrol(now + 9 * SECOND);
        engine.connection.patrol(now + 18 * SECOND);
        assertThat(engine.qp.ended).isNull();
        engine.connection.patrol(now + 20 * SECOND);
        assertThat(engine.qp.ended).isInstanceOf(CreditsExhaustedException.class);
    }

    /** Each one that fails gives its credit to the next one. */
    @Test
    void thousandsThatWaitAndCannotBeBuiltFailWithoutRecursion() throws Exception {
        Engine.Waiting first = call(1, 0);
        int many = 20_000;
        for (int xid = 2; xid <= many; xid++) {
            call(xid, 0, e -> {});
        }
        engine.qp.refuseExposures = true;
        Throwable[] fault = {null};
        Thread loop = new Thread(null, () -> {
            try {
                replyTo(1, 1);
            } catch (Throwable e) {
                fault[0] = e;
            }
        }, "loop with a small stack", 256 << 10);
        loop.start();
        loop.join();
        assertThat(fault[0]).isNull();
        assertThat(first.reply).isNotNull();
        assertThat(sent.stream().mapToInt(l -> l.failed).sum()).isEqualTo(many - 1);
        assertThat(engine.connection.requester().isIdle()).isTrue();
        engine.qp.refuseExposures = false;
        call(many + 1, 0);
        replyTo(many + 1, 1);
    }

    @Test
    void callsThatWaitTakeNoPooledMemory() throws Exception {
        call(1, 0);
        long before = engine.device.regbufs().inUse();
        List<Regbuf> regbufs = new ArrayList<>();
        for (int xid = 2; xid < 100; xid++) {
            engine.connection.requester().register(xid, engine.new Waiting());
            SendContext context = engine.connection.newContext();
            Regbuf regbuf = engine.device.regbufs().acquire(1000);
            regbufs.add(regbuf);
            byte[] message = Engine.call(xid, 500);
            regbuf.memory().put(0, message);
            context.message().add(regbuf.view(0, message.length), regbuf.region());
            context.message().onRelease(regbuf::release);
            context.expected().bound(100);
            engine.connection.requester().call(xid, context, new Engine.Listening());
        }
        assertThat(engine.device.regbufs().inUse()).isEqualTo(before);
        for (int xid = 1; xid < 100; xid++) {
            replyTo(xid, 1);
            if (xid > 1) {
                assertThat(engine.sentPayload(xid - 1)).isEqualTo(Engine.call(xid, 500));
            }
        }
    }

    /** The thread that sends a third call, which has no room behind two others. */
    private static Thread waitsForRoom(Engine small, Engine.Listening third) {
        small.qp.inLoop = false;
        sendTo(small, 1);
        sendTo(small, 2);
        Thread caller = new Thread(() -> sendTo(small, 3, third));
        caller.start();
        while (caller.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        return caller;
    }

    /** Who may wait waits for room; replies make it. */
    @Test
    void aCallerBeyondTheMemoryForWaitingCallsWaitsForRoom() throws Exception {
        try (Engine small = new Engine(true, PrivateData.NONE, Map.of("oncrpc.rdma.backlog", "4k"))) {
            Engine.Listening third = new Engine.Listening();
            Thread caller = waitsForRoom(small, third);
            small.qp.inLoop = true;
            small.receive(Engine.message(Engine.header(1, 1, RdmaHeader.RDMA_MSG), Engine.reply(1, 8)));
            caller.join();
            small.receive(Engine.message(Engine.header(2, 1, RdmaHeader.RDMA_MSG), Engine.reply(2, 8)));
            assertThat(small.sends()).hasSize(3);
            assertThat(third.failed).isZero();
            small.qp.abort(new PeerClosedException("end"));
        }
    }

    /** The time-out of a call holds for the thread that waits for room with it as well. */
    @Test
    void aCallThatIsGivenUpWhileItsThreadWaitsForRoomLetsItGo() throws Exception {
        try (Engine small = new Engine(true, PrivateData.NONE,
                Map.of("oncrpc.rdma.backlog", "4k", "oncrpc.rdma.given-up-timeout", "60m"))) {
            Engine.Listening third = new Engine.Listening();
            Thread caller = waitsForRoom(small, third);
            assertThat(small.connection.requester().abandon(3)).isNotNull();
            caller.join();
            assertThat(third.failed).isEqualTo(1);
            small.qp.inLoop = true;
            small.qp.abort(new PeerClosedException("end"));
        }
    }

    private static void sendTo(Engine engine, int xid) {
        sendTo(engine, xid, new Engine.Listening());
    }

    private static void sendTo(Engine engine, int xid, SendListener listener) {
        try {
            engine.connection.requester().register(xid, engine.new Waiting());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        SendContext context = engine.connection.newContext();
        context.message().add(ByteBuffer.wrap(Engine.call(xid, 0)), null);
        context.expected().bound(10);
        engine.connection.requester().call(xid, context, listener);
    }

    /** 2^31 and more are large numbers, not negative ones. */
    @Test
    @Tag("conformance-108")
    void aGrantIsANumberWithoutSign() throws Exception {
        call(1, 0);
        replyTo(1, 0x80000000);
        assertThat(engine.connection.creditsGranted()).isEqualTo(128);
    }

    @Test
    void aReplyThatCannotBeDecodedFailsItsCallAtOnce() throws Exception {
        for (int word : new int[] {4, 12, 16}) {
            Engine.Waiting waiting = call(word, 0);
            byte[] reply = Engine.message(Engine.header(word, 1, RdmaHeader.RDMA_MSG), Engine.reply(word, 8));
            ByteBuffer.wrap(reply).putInt(word, 99);
            engine.receive(reply);
            assertThat(waiting.failure).isInstanceOf(BadReplyException.class);
            assertThat(waiting.outcomes).isEqualTo(1);
        }
        assertThat(engine.connection.requester().isIdle()).isTrue();
    }
}
