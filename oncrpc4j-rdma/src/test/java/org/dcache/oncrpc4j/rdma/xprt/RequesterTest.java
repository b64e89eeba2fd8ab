// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.dcache.oncrpc4j.rdma.proto.RdmaHeader.REPLY;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.proto.HeaderLists;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerClosedException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.error.BadReplyException;
import org.dcache.oncrpc4j.rdma.xprt.error.DuplicateXidException;
import org.dcache.oncrpc4j.rdma.xprt.error.RdmaErrorException;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calls from their registration to their reply: credits, what is offered, what comes back. */
class RequesterTest extends CallsToScriptedPeer {

    @Test
    @Tag("conformance-3")
    @Tag("conformance-108")
    void oneCallGoesOutUntilTheFirstReplyBringsAGrant() throws Exception {
        List<Engine.Waiting> waiting = new ArrayList<>();
        for (int xid = 1; xid <= 10; xid++) {
            waiting.add(call(xid, 0));
        }
        assertThat(engine.sends()).hasSize(1);
        replyTo(1, 4);
        assertThat(engine.sends()).hasSize(5);
        assertThat(engine.connection.creditsGranted()).isEqualTo(4);
        replyTo(2, 1000);
        assertThat(engine.connection.creditsGranted()).as("never more than asked for").isEqualTo(128);
        assertThat(engine.sends()).hasSize(10);
        for (int xid = 3; xid <= 10; xid++) {
            replyTo(xid, 128);
        }
        assertThat(waiting).allMatch(w -> w.outcomes == 1 && w.reply != null);
    }

    @Test
    @Tag("conformance-5")
    @Tag("conformance-1")
    void aShrinkingGrantHoldsBackNewCallsAndZeroCountsAsOne() throws Exception {
        call(1, 0);
        replyTo(1, 3);
        call(2, 0);
        call(3, 0);
        call(4, 0);
        call(5, 0);
        assertThat(engine.sends()).hasSize(4);
        replyTo(2, 0);
        assertThat(engine.connection.creditsGranted()).isEqualTo(1);
        assertThat(engine.sends()).hasSize(4);
        replyTo(3, 0);
        assertThat(engine.sends()).as("call 4 has the one credit").hasSize(4);
        replyTo(4, 0);
        assertThat(engine.sends()).hasSize(5);
        replyTo(5, 0);
    }

    @Test
    @Tag("conformance-1")
    void eachAnswerLetsOneWaitingCallGo() throws Exception {
        call(1, 0);
        replyTo(1, 2);
        for (int xid = 2; xid <= 10; xid++) {
            call(xid, 0);
        }
        for (int xid = 2; xid <= 10; xid++) {
            assertThat(engine.sends()).hasSize(Math.min(10, xid + 1));
            replyTo(xid, 2);
        }
    }

    private List<Integer> xidsSent() {
        return engine.sends().stream().map(send -> send.data().getInt(0)).toList();
    }

    /** Over TCP a thread's calls leave in their order, also while credits come back. */
    @Test
    void aCallDoesNotOvertakeOneThatHasWaitedAndIsJustBeingSent() throws Exception {
        call(1, 0);
        call(2, 0);
        engine.qp.beforePost = () -> {
            try {
                call(3, 0);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        };
        replyTo(1, 8);
        assertThat(xidsSent()).containsExactly(1, 2, 3);
        call(4, 0);
        assertThat(xidsSent()).as("nobody is at it any more").containsExactly(1, 2, 3, 4);
    }

    /** Credits that come back meanwhile are used by who is at it. */
    @Test
    void whoSendsWhatWaitsGoesOnWithTheCreditsThatComeBackMeanwhile() throws Exception {
        for (int xid = 1; xid <= 6; xid++) {
            call(xid, 0);
        }
        engine.qp.beforePost = () -> engine.connection.requester().abandon(4);
        replyTo(1, 2);
        assertThat(xidsSent()).containsExactly(1, 2, 3);
        engine.qp.beforePost = () -> replyTo(3, 4);
        replyTo(2, 2);
        assertThat(xidsSent()).containsExactly(1, 2, 3, 5, 6);
    }

    /** As handlers do that find no memory. */
    @Test
    void listenersThatThrowAtTheEndOfTheConnectionKeepTheOthersFromNothing() throws Exception {
        call(1, 0);
        replyTo(1, 8);
        Engine.Waiting[] waiting = new Engine.Waiting[3];
        for (int i = 0; i < waiting.length; i++) {
            waiting[i] = engine.new Waiting() {
                @Override
                public void failed(IOException cause) {
                    super.failed(cause);
                    throw new OutOfMemoryError("on purpose");
                }
            };
            engine.connection.requester().register(10 + i, waiting[i]);
            send(10 + i, 0, e -> e.bound(100));
        }
        assertThatThrownBy(() -> engine.qp.abort(new PeerClosedException("gone"))).isInstanceOf(OutOfMemoryError.class);
        assertThat(waiting).allMatch(w -> w.outcomes == 1);
        assertThat(engine.connection.requester().isIdle()).isTrue();
    }

    /** Whichever comes first, its memory is back, its Send is told of once, and its caller of one thing. */
    @Test
    void aCallGivenUpInTheBacklogWhileTheConnectionEndsIsFreedOnce() throws Exception {
        for (int turn = 0; turn < 2000; turn++) {
            try (Engine racing = new Engine(true, new PrivateData(false, Engine.INLINE, Engine.INLINE), Map.of())) {
                List<Engine.Listening> listening = new ArrayList<>();
                for (int xid = 1; xid <= 3; xid++) {
                    racing.connection.requester().register(xid, racing.new Waiting());
                    SendContext context = racing.connection.newContext();
                    Regbuf memory = racing.device.regbufs().acquire(4096);
                    context.message().add(ByteBuffer.wrap(Engine.call(xid, 0)), null);
                    context.message().onRelease(memory::release);
                    context.expected().bound(100);
                    listening.add(new Engine.Listening());
                    racing.connection.requester().call(xid, context, listening.get(xid - 1));
                }
                Thread caller = new Thread(() -> {
                    racing.connection.requester().abandon(2);
                    racing.connection.requester().abandon(3);
                });
                caller.start();
                if (turn % 2 == 0) {
                    Thread.onSpinWait();
                } else {
                    Thread.yield();
                }
                racing.qp.abort(new PeerClosedException("gone"));
                caller.join();
                assertThat(racing.device.regbufs().inUse()).as("turn %d", turn).isZero();
                assertThat(listening).as("turn %d", turn).allMatch(l -> l.sent + l.failed == 1);
            }
        }
    }

    @Test
    void aFullBacklogFailsTheCallAndNeverBlocks() throws Exception {
        try (Engine small = new Engine(true, PrivateData.NONE,
                Map.of("oncrpc.rdma.backlog", "4k", "oncrpc.rdma.given-up-timeout", "100ms"))) {
            for (int xid = 1; xid <= 3; xid++) {
                small.connection.requester().register(xid, small.new Waiting());
                SendContext context = small.connection.newContext();
                context.message().add(ByteBuffer.wrap(Engine.call(xid, 0)), null);
                context.expected().bound(10);
                Engine.Listening listening = new Engine.Listening();
                small.connection.requester().call(xid, context, listening);
                assertThat(listening.failed).isEqualTo(xid == 3 ? 1 : 0);
            }
            assertThat(small.counters.get(XprtCounter.BACKLOG_FULL)).isEqualTo(1);
            small.qp.abort(new PeerClosedException("end"));
        }
    }

    @Test
    void aDuplicateXidIsRefusedAndTheFirstCallGoesOn() throws Exception {
        Engine.Waiting first = call(7, 0);
        assertThatThrownBy(() -> engine.connection.requester().register(7, engine.new Waiting())).isInstanceOf(DuplicateXidException.class);
        replyTo(7, 1);
        assertThat(first.reply).isEqualTo(Engine.reply(7, 8));
    }

    @Test
    @Tag("conformance-110")
    void repliesToNobodyAreDropped() throws Exception {
        replyTo(99, 1);
        Engine.Waiting waiting = call(1, 0);
        replyTo(1, 1);
        replyTo(1, 1);
        assertThat(waiting.outcomes).isEqualTo(1);
        assertThat(engine.counters.get(XprtCounter.DROPPED_UNKNOWN_XID)).isEqualTo(2);
        assertThat(engine.receives).allMatch(r -> r.released == 1);
    }

    @Test
    void aReplyToACallThatWaitsForItsCreditIsDropped() throws Exception {
        call(1, 0);
        Engine.Waiting second = call(2, 0);
        replyTo(2, 100);
        assertThat(second.outcomes).isZero();
        assertThat(engine.counters.get(XprtCounter.DROPPED_UNKNOWN_XID)).isEqualTo(1);
    }

    @Test
    @Tag("conformance-20")
    @Tag("conformance-31")
    void malformedRepliesAreDroppedAndNothingIsSentForThem() throws Exception {
        Engine.Waiting waiting = call(1, 0);
        byte[] reply = Engine.message(Engine.header(1, 1, RdmaHeader.RDMA_MSG), Engine.reply(1, 8));
        ByteBuffer.wrap(reply).putInt(4, 3);
        engine.receive(reply);
        assertThat(waiting.failure).as("its call does not wait for another").isInstanceOf(BadReplyException.class);
        ByteBuffer.wrap(reply).putInt(4, 1).putInt(12, RdmaHeader.RDMA_MSGP);
        engine.receive(reply);
        assertThat(engine.sends()).hasSize(1);
        assertThat(engine.counters.get(XprtCounter.DROPPED_VERSION)).isEqualTo(1);
        assertThat(engine.counters.get(XprtCounter.DROPPED_BAD_REPLY)).isEqualTo(1);
    }

    @Test
    @Tag("conformance-31")
    void anAnswerThatIsTooShortToBeReadFailsItsCall() throws Exception {
        for (int length = 4; length < RdmaHeader.MIN_LENGTH; length++) {
            Engine.Waiting waiting = call(length, 0);
            byte[] reply = Engine.message(Engine.header(length, 1, RdmaHeader.RDMA_MSG), Engine.reply(length, 8));
            engine.receive(Arrays.copyOf(reply, length));
            assertThat(waiting.failure).as("%d bytes", length).isInstanceOf(BadReplyException.class)
                    .hasMessageContaining(length + " bytes");
        }
        engine.receive(new byte[3]);
        assertThat(engine.counters.get(XprtCounter.DROPPED_SHORT)).isEqualTo(25);
        assertThat(engine.qp.ended).isNull();
    }

    @Test
    @Tag("conformance-110")
    void anRdmaErrorFailsItsCallOnly() throws Exception {
        Engine.Waiting first = call(1, 0);
        ByteBuffer error = ByteBuffer.allocate(20);
        RdmaHeader.encodeErrChunk(error, 0, 1, 1, 8);
        engine.receive(error.array());
        assertThat(first.failure).isInstanceOf(RdmaErrorException.class).hasMessageContaining("ERR_CHUNK");
        assertThat(engine.connection.creditsGranted()).isEqualTo(8);
        assertThat(engine.qp.ended).isNull();
        Engine.Waiting second = call(2, 0);
        replyTo(2, 8);
        assertThat(second.reply).isNotNull();
    }

    // ---- what is offered

    @Test
    @Tag("conformance-27")
    void aReplyWithoutABoundIsOfferedAReplyChunkThatHoldsAny() throws Exception {
        call(1, 0, e -> {});
        RdmaHeader h = engine.sentHeader(0);
        assertThat(h.hasReply()).isTrue();
        assertThat(h.writeTotal(REPLY)).isEqualTo(engine.device.limits().maxReply());
        assertThat(engine.qp.exposed.get(0).access).isEqualTo(Access.REMOTE_WRITE);
    }

    @Test
    @Tag("conformance-44")
    void aReplyThatIsSureToFitIsOfferedNothing() throws Exception {
        call(1, 0, e -> e.bound(4096 - 28));
        assertThat(engine.qp.exposed).isEmpty();
        assertThat(HeaderLists.isChunkless(engine.sentHeader(0))).isTrue();
    }

    @Test
    @Tag("conformance-27")
    void aByteMoreThanFitsIsOfferedAReplyChunkOfThatSize() throws Exception {
        call(1, 0, e -> e.bound(4096 - 27));
        assertThat(engine.sentHeader(0).writeTotal(REPLY)).isEqualTo(4096 - 27);
    }

    @Test
    @Tag("conformance-13")
    void anEligibleResultIsOfferedAWriteChunkOfItsLargestSize() throws Exception {
        call(1, 0, e -> {
            e.result(100_001);
            e.bound(200);
        });
        RdmaHeader h = engine.sentHeader(0);
        assertThat(h.writeCount()).isEqualTo(1);
        assertThat(h.writeTotal(0)).isEqualTo(100_001);
        assertThat(h.hasReply()).isFalse();
    }

    @Test
    @Tag("conformance-17")
    void aCallThatDoesNotFitGoesWholeByAPositionZeroReadChunk() throws Exception {
        call(1, 5000);
        RdmaHeader h = engine.sentHeader(0);
        assertThat(h.procedure()).isEqualTo(RdmaHeader.RDMA_NOMSG);
        assertThat(h.readCount()).isEqualTo(1);
        assertThat(h.readPosition(0)).isZero();
        assertThat(h.readLength(0)).isEqualTo(5040);
        assertThat(engine.sentPayload(0)).isEmpty();
        assertThat(engine.qp.exposed.get(0).access).isEqualTo(Access.REMOTE_READ);
        byte[] exposed = new byte[5040];
        engine.qp.exposed.get(0).source.memory().duplicate().get(exposed);
        assertThat(exposed).isEqualTo(Engine.call(1, 5000));
    }

    @Test
    @Tag("conformance-9")
    @Tag("conformance-10")
    void anEligibleArgumentLeavesWithItsPadByAReadChunkAtItsPosition() throws Exception {
        byte[] whole = Engine.call(1, 4 + 6001 + 3 + 12);
        call(1, 4 + 6001 + 3 + 12, e -> e.bound(100), 44, 6001);
        RdmaHeader h = engine.sentHeader(0);
        assertThat(h.procedure()).isEqualTo(RdmaHeader.RDMA_MSG);
        assertThat(h.readPosition(0)).isEqualTo(44);
        assertThat(h.readLength(0)).isEqualTo(6001);
        byte[] inline = engine.sentPayload(0);
        assertThat(inline).hasSize(44 + 12);
        assertThat(Arrays.copyOfRange(inline, 44, 56)).isEqualTo(Arrays.copyOfRange(whole, 44 + 6004, whole.length));
    }

    @Test
    @Tag("conformance-4")
    void withoutPrivateDataOfThePeerNothingAboveAThousandBytesIsSentInline() throws Exception {
        try (Engine old = new Engine(true, null, Map.of())) {
            old.connection.requester().register(1, old.new Waiting());
            SendContext context = old.connection.newContext();
            context.message().add(ByteBuffer.wrap(Engine.call(1, 1024 - 28 - 40 + 1)), null);
            context.expected().bound(10);
            old.connection.requester().call(1, context, new Engine.Listening());
            assertThat(old.sentHeader(0).procedure()).isEqualTo(RdmaHeader.RDMA_NOMSG);
            old.qp.abort(new PeerClosedException("end"));
        }
    }

    // ---- replies by chunks

    @Test
    @Tag("conformance-29")
    void theMemoryIsFencedBeforeTheReplyIsDelivered() throws Exception {
        Engine.Waiting waiting = call(1, 5000, e -> {});
        replyTo(1, 1);
        assertThat(waiting.reply).isNotNull();
        assertThat(engine.qp.log).containsSubsequence("revoked 100", "replied").containsSubsequence("revoked 101", "replied");
        assertThat(engine.qp.exposed).allMatch(e -> e.revoked);
    }

    @Test
    @Tag("conformance-29")
    void aFenceThatTakesItsTimeHoldsTheReplyBack() throws Exception {
        engine.qp.slowFences = true;
        Engine.Waiting waiting = call(1, 0, e -> {});
        replyTo(1, 1);
        assertThat(waiting.outcomes).isZero();
        assertThat(engine.receives.get(0).released).isZero();
        engine.qp.exposed.get(0).pendingFence.run();
        assertThat(waiting.reply).isEqualTo(Engine.reply(1, 8));
        assertThat(engine.receives.get(0).released).isEqualTo(1);
    }

    @Test
    @Tag("conformance-18")
    void aLongReplyIsTakenFromTheReplyChunk() throws Exception {
        Engine.Waiting waiting = call(1, 0, e -> {});
        byte[] reply = Engine.reply(1, 9000);
        engine.qp.exposed.get(0).source.memory().duplicate().put(reply);
        RdmaHeader h = Engine.header(1, 1, RdmaHeader.RDMA_NOMSG);
        h.beginReply();
        h.addReplySegment(100, reply.length, 0);
        engine.receive(Engine.message(h, new byte[0]));
        assertThat(waiting.reply).isEqualTo(reply);
        assertThat(engine.counters.get(XprtCounter.CLIENT_REPLY_LONG)).isEqualTo(1);
    }

    @Test
    void aReplyThatCannotBePutTogetherForWhateverReasonFailsItsCallAndTheConnectionGoesOn() throws Exception {
        failsWhenItIsPutTogether(() -> {
            throw new IllegalStateException("a fault of the binding");
        });
    }

    @Test
    void soDoesOneAtWhichAnErrorIsThrown() throws Exception {
        failsWhenItIsPutTogether(() -> {
            throw new StackOverflowError("a fault of the binding");
        });
    }

    private void failsWhenItIsPutTogether(Runnable fault) throws Exception {
        Engine.Waiting waiting = callForResult(10_000);
        waiting.fault = fault;
        engine.qp.exposed.get(0).source.memory();
        replyWithChunk(Engine.reply(1, 8), 100);
        assertThat(waiting.failure).isInstanceOf(IOException.class).hasMessageContaining("a fault of the binding");
        assertThat(waiting.outcomes).isEqualTo(1);
        assertThat(engine.counters.get(XprtCounter.REPLY_ASSEMBLY_FAILED)).isEqualTo(1);
        assertThat(engine.counters.get(XprtCounter.DROPPED_BAD_REPLY)).as("the peer's fault").isZero();
        assertThat(engine.qp.ended).isNull();
        Engine.Waiting next = call(2, 0);
        replyTo(2, 1);
        assertThat(next.reply).isNotNull();
    }

    private Engine.Waiting callForResult(int max) throws IOException {
        return call(1, 0, e -> {
            e.result(max);
            e.bound(200);
        });
    }

    private void replyWithChunk(byte[] inline, int length) {
        RdmaHeader h = Engine.header(1, 1, RdmaHeader.RDMA_MSG);
        h.beginWrite();
        h.addWriteSegment(100, length, 0);
        engine.receive(Engine.message(h, inline));
    }

    /** Around the data there is room for 1,024 bytes and more; a reply that needs a word more is put together elsewhere. */
    @ParameterizedTest
    @CsvSource({"4, 8", "1000, 8", "1004, 8", "4, 2020", "4, 2024", "1000, 2020", "2000, 2000"})
    @Tag("conformance-9")
    void dataOfAWriteChunkIsPutBackInItsPlaceWithPad(int before, int behind) throws Exception {
        Engine.Waiting waiting = callForResult(10_000);
        int place = 24 + before;
        waiting.place = place;
        byte[] whole = Engine.reply(1, before + 9001 + 3 + behind);
        Arrays.fill(whole, place + 9001, place + 9004, (byte) 0);
        byte[] inline = new byte[place + behind];
        System.arraycopy(whole, 0, inline, 0, place);
        System.arraycopy(whole, place + 9004, inline, place, behind);
        // The peer may write anything behind what it claims to have written.
        engine.qp.exposed.get(0).source.memory().duplicate().put(whole, place, 9001).putInt(-1);
        replyWithChunk(inline, 9001);
        assertThat(waiting.reply).isEqualTo(whole);
        assertThat(engine.counters.get(XprtCounter.CLIENT_REPLY_WRITE_CHUNK)).isEqualTo(1);
    }

    @Test
    @Tag("conformance-41")
    void aWriteChunkWithoutAPlaceInTheReplyFailsTheCall() throws Exception {
        Engine.Waiting waiting = callForResult(10_000);
        engine.qp.exposed.get(0).source.memory();
        replyWithChunk(Engine.reply(1, 8), 100);
        assertThat(waiting.failure).isInstanceOf(BadReplyException.class);
    }

    @Test
    void moreBytesThanWereOfferedFailTheCall() throws Exception {
        Engine.Waiting waiting = callForResult(10_000);
        waiting.place = 28;
        engine.qp.exposed.get(0).source.memory();
        replyWithChunk(Engine.reply(1, 8), 10_001);
        assertThat(waiting.failure).isInstanceOf(BadReplyException.class);
    }

    @Test
    void bytesThatWereNeverWrittenFailTheCall() throws Exception {
        Engine.Waiting waiting = callForResult(10_000);
        waiting.place = 28;
        replyWithChunk(Engine.reply(1, 8), 100);
        assertThat(waiting.failure).isInstanceOf(BadReplyException.class);
    }

    @Test
    void aReplyThatLeavesOutTheUnusedChunksIsTaken() throws Exception {
        Engine.Waiting waiting = callForResult(10_000);
        replyTo(1, 1);
        assertThat(waiting.reply).isEqualTo(Engine.reply(1, 8));
    }

    @Test
    @Tag("conformance-22")
    void aReplyWithAReadListFailsTheCall() throws Exception {
        Engine.Waiting waiting = call(1, 0);
        RdmaHeader h = Engine.header(1, 1, RdmaHeader.RDMA_MSG);
        h.addRead(4, 1, 4, 0);
        engine.receive(Engine.message(h, Engine.reply(1, 8)));
        assertThat(waiting.failure).isInstanceOf(BadReplyException.class);
    }

    @Test
    @Tag("conformance-72")
    void whatThePeerInvalidatedIsCountedApart() throws Exception {
        call(1, 0, e -> {});
        engine.receive(Engine.message(Engine.header(1, 1, RdmaHeader.RDMA_MSG), Engine.reply(1, 8)), 100);
        assertThat(engine.counters.get(XprtCounter.REMOTE_INVALIDATIONS)).isEqualTo(1);
        assertThat(engine.counters.get(XprtCounter.LOCAL_INVALIDATIONS)).isZero();
    }
}
