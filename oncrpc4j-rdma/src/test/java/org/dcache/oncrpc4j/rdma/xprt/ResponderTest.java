// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.dcache.oncrpc4j.rdma.proto.RdmaHeader.REPLY;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.metrics.latency.Latency;
import org.dcache.oncrpc4j.rdma.metrics.latency.Operation;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest.Opcode;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.error.CreditOverrunException;
import org.dcache.oncrpc4j.rdma.xprt.link.Limits;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.responder.InboundCall;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ResponderTest {

    private static final int XID = 0x1234;

    private final Engine engine = Engine.server();

    @AfterEach
    void nothingIsKept() {
        engine.close();
        assertThat(engine.device.regbufs().inUse()).as("regbufs still handed out").isZero();
    }

    private InboundCall receiveCall(RdmaHeader header, byte[] payload) {
        engine.receive(Engine.message(header, payload));
        return engine.calls.get(engine.calls.size() - 1);
    }

    private static RdmaHeader inlineCall() {
        return Engine.header(XID, 128, RdmaHeader.RDMA_MSG);
    }

    @Test
    @Tag("conformance-2")
    void aReceiveIsPostedBeforeTheCallIsHandedOver() {
        InboundCall call = receiveCall(inlineCall(), Engine.call(XID, 100));
        engine.answer(call, Engine.reply(XID, 4));
        assertThat(engine.qp.log).containsSubsequence("receives 1", "call " + XID, "SEND");
        assertThat(engine.qp.log.indexOf("receives 1")).isLessThan(engine.qp.log.indexOf("call " + XID));
    }

    @Test
    @Tag("conformance-1")
    void everyReplyGrantsTheConfiguredCredits() throws Exception {
        engine.answer(receiveCall(inlineCall(), Engine.call(XID, 0)), Engine.reply(XID, 4));
        assertThat(engine.sentHeader(0).credits()).isEqualTo(128);
        assertThat(engine.sentHeader(0).xid()).isEqualTo(XID);
        assertThat(engine.sentPayload(0)).isEqualTo(Engine.reply(XID, 4));
    }

    @Test
    void theReceiveBufferIsReleasedOnceWithTheReply() {
        InboundCall call = receiveCall(inlineCall(), Engine.call(XID, 0));
        assertThat(engine.receives.get(0).released).isZero();
        engine.answer(call, Engine.reply(XID, 4));
        assertThat(engine.receives.get(0).released).isEqualTo(1);
    }

    @Test
    void aSecondAnswerIsRefused() {
        InboundCall call = receiveCall(inlineCall(), Engine.call(XID, 0));
        engine.answer(call, Engine.reply(XID, 4));
        engine.answer(call, Engine.reply(XID, 4));
        assertThat(engine.sends()).hasSize(1);
    }

    @Test
    @Tag("conformance-30")
    void shortMessagesAreDroppedSilently() {
        engine.receive(new byte[27]);
        engine.receive(new byte[0]);
        assertThat(engine.qp.posted).isEmpty();
        assertThat(engine.counters.get(XprtCounter.DROPPED_SHORT)).isEqualTo(2);
        assertThat(engine.receives).allMatch(r -> r.released == 1);
    }

    @Test
    @Tag("conformance-20")
    @Tag("conformance-32")
    void aCallOfAnotherVersionIsAnsweredWithErrVers() {
        byte[] message = Engine.message(inlineCall(), Engine.call(XID, 0));
        ByteBuffer.wrap(message).putInt(4, 2);
        engine.receive(message);
        ByteBuffer sent = engine.sends().get(0).data();
        assertThat(List.of(sent.getInt(), sent.getInt(), sent.getInt(), sent.getInt(), sent.getInt(), sent.getInt(), sent.getInt()))
                .containsExactly(XID, 2, 128, RdmaHeader.RDMA_ERROR, RdmaHeader.ERR_VERS, 1, 1);
        assertThat(engine.counters.get(XprtCounter.SENT_ERR_VERS)).isEqualTo(1);
    }

    private void expectErrChunk(byte[] message) {
        engine.receive(message);
        ByteBuffer sent = engine.sends().get(0).data();
        assertThat(sent.remaining()).isEqualTo(20);
        assertThat(sent.getInt(0)).isEqualTo(XID);
        assertThat(sent.getInt(12)).isEqualTo(RdmaHeader.RDMA_ERROR);
        assertThat(sent.getInt(16)).isEqualTo(RdmaHeader.ERR_CHUNK);
        assertThat(engine.calls).isEmpty();
        assertThat(engine.receives.get(0).released).isEqualTo(1);
        assertThat(engine.qp.ended).isNull();
    }

    private static byte[] withProcedure(int procedure) {
        byte[] message = Engine.message(inlineCall(), Engine.call(XID, 0));
        ByteBuffer.wrap(message).putInt(12, procedure);
        return message;
    }

    @Test
    @Tag("conformance-33")
    void anUnknownProcedureIsAnsweredWithErrChunk() {
        expectErrChunk(withProcedure(9));
    }

    @Test
    @Tag("conformance-38")
    void msgpIsAnsweredWithErrChunk() {
        expectErrChunk(withProcedure(RdmaHeader.RDMA_MSGP));
    }

    @Test
    @Tag("conformance-21")
    void nomsgWithoutAnyChunkIsAnsweredWithErrChunk() {
        expectErrChunk(Engine.message(Engine.header(XID, 1, RdmaHeader.RDMA_NOMSG), new byte[0]));
    }

    @Test
    @Tag("conformance-19")
    void anXidThatDiffersFromTheRpcMessageIsAnsweredWithErrChunk() {
        expectErrChunk(Engine.message(inlineCall(), Engine.call(XID + 1, 0)));
    }

    @Test
    @Tag("conformance-11")
    void aMisalignedReadPositionIsAnsweredWithErrChunk() {
        RdmaHeader h = inlineCall();
        h.addRead(42, 1, 100, 0);
        expectErrChunk(Engine.message(h, Engine.call(XID, 100)));
    }

    @Test
    @Tag("conformance-11")
    void aReadPositionBeyondTheMessageIsAnsweredWithErrChunk() {
        RdmaHeader h = inlineCall();
        h.addRead(400, 1, 100, 0);
        expectErrChunk(Engine.message(h, Engine.call(XID, 100)));
    }

    @Test
    @Tag("conformance-45")
    void aCallLargerThanTheBoundIsAnsweredWithErrChunk() {
        RdmaHeader h = Engine.header(XID, 1, RdmaHeader.RDMA_NOMSG);
        h.addRead(0, 1, 1 << 28, 0);
        expectErrChunk(Engine.message(h, new byte[0]));
        assertThat(engine.counters.get(XprtCounter.SENT_ERR_CHUNK_CALL_TOO_BIG)).isEqualTo(1);
    }

    @Test
    @Tag("conformance-39")
    @Tag("conformance-37")
    void doneAndErrorAreDropped() {
        engine.receive(withProcedure(RdmaHeader.RDMA_DONE));
        ByteBuffer error = ByteBuffer.allocate(28);
        RdmaHeader.encodeErrVers(error, 0, XID, 1, 1, 1, 1);
        engine.receive(error.array());
        assertThat(engine.qp.posted).isEmpty();
        assertThat(engine.counters.get(XprtCounter.DROPPED_PROCEDURE)).isEqualTo(1);
        assertThat(engine.counters.get(XprtCounter.DROPPED_UNKNOWN_XID)).isEqualTo(1);
    }

    private static byte[] ofType(int type) {
        byte[] message = Engine.call(XID, 0);
        ByteBuffer.wrap(message).putInt(4, type);
        return message;
    }

    @Test
    void anRpcMessageThatIsNeitherCallNorReplyIsDropped() {
        engine.receive(Engine.message(inlineCall(), ofType(2)));
        engine.receive(Engine.message(inlineCall(), ofType(-1)));
        RdmaHeader h = Engine.header(XID, 1, RdmaHeader.RDMA_NOMSG);
        h.addRead(0, 800, 40, 0);
        engine.receive(Engine.message(h, new byte[0]));
        fillRead(engine.qp.posted.get(0), ofType(2));
        engine.connection.onReadCompletion(engine.qp, engine.qp.posted.get(0).request(), true);
        assertThat(engine.calls).isEmpty();
        assertThat(engine.sends()).isEmpty();
        assertThat(engine.counters.get(XprtCounter.DROPPED_TYPE)).isEqualTo(3);
        assertThat(engine.receives).allMatch(r -> r.released == 1);
        assertThat(engine.connection.callsServed()).isZero();
    }

    @Test
    @Tag("conformance-1")
    void aPeerThatExceedsItsGrantIsClosed() {
        for (int i = 0; i < 2 * 128 + Limits.SPARE_RECEIVES && engine.qp.ended == null; i++) {
            engine.receive(Engine.message(Engine.header(i, 128, RdmaHeader.RDMA_MSG), Engine.call(i, 0)));
        }
        assertThat(engine.qp.ended).isInstanceOf(CreditOverrunException.class);
        assertThat(engine.counters.get(XprtCounter.CREDIT_OVERRUN)).isEqualTo(1);
        assertThat(engine.receives).allMatch(r -> r.released == 1);
    }

    @Test
    void aPeerThatNeverTakesItsErrorsIsClosed() {
        engine.qp.completeSends = false;
        for (int i = 0; i < 1000 && engine.qp.ended == null; i++) {
            engine.receive(withProcedure(9));
        }
        assertThat(engine.qp.ended).isInstanceOf(CreditOverrunException.class);
        assertThat(engine.counters.get(XprtCounter.SENDCTX_OVERRUN)).isEqualTo(1);
        engine.sends().forEach(p -> engine.connection.onSendCompletion(engine.qp, p.request(), false));
    }

    // ---- replies

    private static RdmaHeader callWithWriteChunk(int... lengths) {
        RdmaHeader h = inlineCall();
        h.beginWrite();
        int handle = 500;
        for (int length : lengths) {
            h.addWriteSegment(handle, length, 0x10_0000L + handle);
            handle++;
        }
        return h;
    }

    @Test
    @Tag("conformance-14")
    @Tag("conformance-16")
    @Tag("conformance-23")
    void anEligibleItemFillsTheSegmentsInOrderWithoutPad() throws Exception {
        InboundCall call = receiveCall(callWithWriteChunk(1000, 1000, 1000, 4), Engine.call(XID, 0));
        byte[] reply = Engine.reply(XID, 4 + 1502 + 2 + 8);
        engine.answer(call, reply, 28, 1502);
        List<ScriptedQueuePair.Posted> posted = engine.qp.posted;
        assertThat(posted).extracting(ScriptedQueuePair.Posted::opcode).containsExactly(Opcode.RDMA_WRITE, Opcode.RDMA_WRITE, Opcode.SEND);
        assertThat(posted).extracting(ScriptedQueuePair.Posted::signaled).containsExactly(false, false, true);
        assertThat(posted.get(0).bytes()).isEqualTo(Arrays.copyOfRange(reply, 28, 1028));
        assertThat(posted.get(1).bytes()).isEqualTo(Arrays.copyOfRange(reply, 1028, 1530));
        assertThat(posted.get(0).stag()).isEqualTo(500);
        assertThat(posted.get(1).stag()).isEqualTo(501);
        assertThat(posted.get(1).offset()).isEqualTo(0x10_0000L + 501);
        RdmaHeader h = engine.sentHeader(0);
        assertThat(h.writeSegments(0)).isEqualTo(4);
        assertThat(new int[] {h.writeLength(0, 0), h.writeLength(0, 1), h.writeLength(0, 2), h.writeLength(0, 3)})
                .containsExactly(1000, 502, 0, 0);
        byte[] inline = engine.sentPayload(0);
        assertThat(inline).hasSize(28 + 8);
        assertThat(Arrays.copyOfRange(inline, 28, 36)).isEqualTo(Arrays.copyOfRange(reply, 28 + 1504, reply.length));
    }

    @Test
    @Tag("conformance-15")
    void anUnusedWriteChunkComesBackWithLengthsZero() throws Exception {
        engine.answer(receiveCall(callWithWriteChunk(1000, 1000), Engine.call(XID, 0)), Engine.reply(XID, 4));
        RdmaHeader h = engine.sentHeader(0);
        assertThat(h.writeCount()).isEqualTo(1);
        assertThat(h.writeTotal(0)).isZero();
        assertThat(engine.qp.posted).hasSize(1);
    }

    @Test
    @Tag("conformance-25")
    void theResultOfAnEmptyWriteChunkComesInline() throws Exception {
        RdmaHeader call = inlineCall();
        call.beginWrite();
        byte[] reply = Engine.reply(XID, 4 + 100);
        engine.answer(receiveCall(call, Engine.call(XID, 0)), reply, 28, 100);
        RdmaHeader h = engine.sentHeader(0);
        assertThat(h.writeCount()).isEqualTo(1);
        assertThat(h.writeSegments(0)).isZero();
        assertThat(engine.sentPayload(0)).isEqualTo(reply);
    }

    @Test
    @Tag("conformance-26")
    void resultsBeyondTheChunksStayInlineAndChunksBeyondTheResultsComeBackUnused() throws Exception {
        byte[] reply = Engine.reply(XID, 4 + 8 + 4 + 8);
        engine.answer(receiveCall(callWithWriteChunk(100), Engine.call(XID, 0)), reply, 28, 8, 40, 8);
        assertThat(engine.sentHeader(0).writeTotal(0)).isEqualTo(8);
        assertThat(engine.sentPayload(0)).hasSize(reply.length - 8);
        RdmaHeader two = callWithWriteChunk(100);
        two.beginWrite();
        two.addWriteSegment(700, 50, 0);
        engine.answer(receiveCall(two, Engine.call(XID, 0)), reply, 28, 8);
        assertThat(engine.sentHeader(1).writeTotal(0)).isEqualTo(8);
        assertThat(engine.sentHeader(1).writeTotal(1)).isZero();
    }

    private static RdmaHeader callWithReplyChunk(int... lengths) {
        RdmaHeader h = inlineCall();
        h.beginReply();
        for (int i = 0; i < lengths.length; i++) {
            h.addReplySegment(900 + i, lengths[i], 0);
        }
        return h;
    }

    @Test
    @Tag("conformance-28")
    void aReplyThatFitsInlineLeavesTheReplyChunkUnused() throws Exception {
        engine.answer(receiveCall(callWithReplyChunk(100_000), Engine.call(XID, 0)), Engine.reply(XID, 100));
        RdmaHeader h = engine.sentHeader(0);
        assertThat(h.procedure()).isEqualTo(RdmaHeader.RDMA_MSG);
        assertThat(h.hasReply()).isTrue();
        assertThat(h.writeTotal(REPLY)).isZero();
    }

    @Test
    @Tag("conformance-18")
    void aLongReplyFillsTheReplyChunk() throws Exception {
        byte[] reply = Engine.reply(XID, 10_000);
        engine.answer(receiveCall(callWithReplyChunk(6000, 6000), Engine.call(XID, 0)), reply);
        RdmaHeader h = engine.sentHeader(0);
        assertThat(h.procedure()).isEqualTo(RdmaHeader.RDMA_NOMSG);
        assertThat(new int[] {h.writeLength(REPLY, 0), h.writeLength(REPLY, 1)}).containsExactly(6000, reply.length - 6000);
        assertThat(engine.qp.posted.get(0).bytes()).isEqualTo(Arrays.copyOf(reply, 6000));
        assertThat(engine.qp.posted.get(1).bytes()).isEqualTo(Arrays.copyOfRange(reply, 6000, reply.length));
        assertThat(engine.sentPayload(0)).isEmpty();
    }

    @Test
    @Tag("conformance-33")
    void aReplyThatFitsNowhereBecomesErrChunk() {
        engine.answer(receiveCall(callWithReplyChunk(6000), Engine.call(XID, 0)), Engine.reply(XID, 10_000));
        assertThat(engine.sends().get(0).data().getInt(16)).isEqualTo(RdmaHeader.ERR_CHUNK);
        assertThat(engine.qp.posted).hasSize(1);
        assertThat(engine.counters.get(XprtCounter.SENT_ERR_CHUNK_REPLY_TOO_BIG)).isEqualTo(1);
        assertThat(engine.counters.latencies().snapshot()).as("answered calls").isEmpty();
    }

    @Test
    @Tag("conformance-36")
    void aReplyThatCannotBeBuiltEndsTheConnectionAndKeepsNothing() {
        InboundCall call = receiveCall(callWithWriteChunk(1000), Engine.call(XID, 0));
        engine.answer(call, Engine.reply(XID, 4), -100, 50);
        assertThat(engine.sends()).isEmpty();
        assertThat(engine.qp.ended).isInstanceOf(ConnectionClosedException.class);
        assertThat(engine.connection.callsServed()).isZero();
        assertThat(engine.receives.get(0).released).isEqualTo(1);
    }

    @Test
    @Tag("conformance-71")
    void oneHandleIsInvalidatedByTheReplySeveralAreNot() {
        engine.answer(receiveCall(callWithWriteChunk(1000), Engine.call(XID, 0)), Engine.reply(XID, 4));
        assertThat(engine.sends().get(0).opcode()).isEqualTo(Opcode.SEND_WITH_INVALIDATE);
        assertThat(engine.sends().get(0).stag()).isEqualTo(500);
        engine.answer(receiveCall(callWithWriteChunk(1000, 1000), Engine.call(XID, 0)), Engine.reply(XID, 4));
        assertThat(engine.sends().get(1).opcode()).isEqualTo(Opcode.SEND);
        engine.answer(receiveCall(inlineCall(), Engine.call(XID, 0)), Engine.reply(XID, 4));
        assertThat(engine.sends().get(2).opcode()).isEqualTo(Opcode.SEND);
    }

    @Test
    @Tag("conformance-71")
    @Tag("conformance-69")
    void aPeerWithoutPrivateDataGetsNoInvalidationAndAThousandBytes() throws Exception {
        try (Engine old = new Engine(false, null, Map.of())) {
            RdmaHeader h = callWithWriteChunk(10_000);
            h.beginReply();
            h.addReplySegment(500, 20_000, 0);
            old.receive(Engine.message(h, Engine.call(XID, 0)));
            old.answer(old.calls.get(0), Engine.reply(XID, 1200));
            assertThat(old.sends().get(0).opcode()).isEqualTo(Opcode.SEND);
            assertThat(old.sentHeader(0).procedure()).isEqualTo(RdmaHeader.RDMA_NOMSG);
        }
    }

    // ---- Read chunks

    /** The client would wait for ever, and a retry cures nothing. */
    @Test
    @Tag("conformance-31")
    void aCallWithReadChunksOfAPeerThatLetsNobodyReadIsAnsweredWithAnError() throws Exception {
        engine.qp.outboundReads = 0;
        RdmaHeader h = inlineCall();
        h.addRead(44, 800, 600, 0);
        engine.receive(Engine.message(h, Arrays.copyOf(Engine.call(XID, 100), 64)));
        assertThat(engine.sentHeader(0).procedure()).isEqualTo(RdmaHeader.RDMA_ERROR);
        assertThat(engine.sentHeader(0).errorCode()).isEqualTo(RdmaHeader.ERR_CHUNK);
        assertThat(engine.counters.get(XprtCounter.SENT_ERR_CHUNK_NO_READS)).isEqualTo(1);
        assertThat(engine.calls).isEmpty();
        assertThat(engine.receives.get(0).released).isEqualTo(1);
        assertThat(engine.connection.responder().size()).isZero();
    }

    /** The memory that is handed out next has had something in it before. */
    private void dirty() {
        Regbuf regbuf = engine.device.regbufs().acquire(4096);
        for (int i = 0; i < regbuf.capacity(); i++) {
            regbuf.memory().put(i, (byte) -1);
        }
        regbuf.release();
    }

    /** Puts the bytes a Read asks for into its buffer. */
    private static void fillRead(ScriptedQueuePair.Posted read, byte[] remote) {
        read.request().buffer(0).duplicate().put(remote, (int) read.offset(), read.bytes().length);
    }

    @Test
    @Tag("conformance-12")
    void aReadChunkIsPutInItsPlaceWithPadAndNoThreadWaits() {
        dirty();
        byte[] whole = Engine.call(XID, 4 + 1001 + 3 + 20);
        Arrays.fill(whole, 44 + 1001, 44 + 1004, (byte) 0);
        byte[] inline = new byte[44 + 20];
        System.arraycopy(whole, 0, inline, 0, 44);
        System.arraycopy(whole, 44 + 1004, inline, 44, 20);
        RdmaHeader h = inlineCall();
        h.addRead(44, 800, 600, 0);
        h.addRead(44, 801, 401, 600);
        engine.receive(Engine.message(h, inline));
        assertThat(engine.calls).isEmpty();
        List<ScriptedQueuePair.Posted> reads = engine.qp.posted;
        assertThat(reads).extracting(ScriptedQueuePair.Posted::opcode).containsExactly(Opcode.RDMA_READ, Opcode.RDMA_READ);
        assertThat(reads).extracting(ScriptedQueuePair.Posted::signaled).containsExactly(false, true);
        byte[] data = Arrays.copyOfRange(whole, 44, 44 + 1001);
        reads.forEach(read -> fillRead(read, data));
        engine.connection.onReadCompletion(engine.qp, reads.get(1).request(), true);
        byte[] message = new byte[engine.calls.get(0).message().remaining()];
        engine.calls.get(0).message().get(0, message);
        assertThat(message).isEqualTo(whole);
        assertThat(engine.receives.get(0).released).isEqualTo(1);
        engine.answer(engine.calls.get(0), Engine.reply(XID, 4));
    }

    @Test
    @Tag("conformance-17")
    @Tag("conformance-10")
    void aLongCallWithAReadChunkInsideIsAssembledFromPiecesInAnyOrder() {
        byte[] whole = Engine.call(XID, 4 + 96 + 40);
        byte[] base = new byte[whole.length - 96];
        System.arraycopy(whole, 0, base, 0, 44);
        System.arraycopy(whole, 44 + 96, base, 44, 40);
        byte[] item = Arrays.copyOfRange(whole, 44, 140);
        RdmaHeader h = Engine.header(XID, 1, RdmaHeader.RDMA_NOMSG);
        h.addRead(44, 801, 96, 0);
        h.addRead(0, 800, 30, 0);
        h.addRead(0, 800, base.length - 30, 30);
        engine.receive(Engine.message(h, new byte[0]));
        for (ScriptedQueuePair.Posted read : engine.qp.posted) {
            fillRead(read, read.stag() == 801 ? item : base);
        }
        ScriptedQueuePair.Posted last = engine.qp.posted.get(engine.qp.posted.size() - 1);
        engine.connection.onReadCompletion(engine.qp, last.request(), true);
        byte[] message = new byte[whole.length];
        engine.calls.get(0).message().get(0, message);
        assertThat(message).isEqualTo(whole);
        engine.answer(engine.calls.get(0), Engine.reply(XID, 4));
    }

    @Test
    void readsThatFailFreeTheSinkAndDeliverNothing() {
        RdmaHeader h = inlineCall();
        h.addRead(40, 800, 5000, 0);
        engine.receive(Engine.message(h, Engine.call(XID, 0)));
        engine.connection.onReadCompletion(engine.qp, engine.qp.posted.get(0).request(), false);
        assertThat(engine.calls).isEmpty();
        assertThat(engine.device.regbufs().inUse()).isZero();
    }

    @Test
    void callsThatFindNoSinkWaitInTurnAndAreServedWhenMemoryIsFree() {
        try (Engine small = new Engine(false, new PrivateData(true, 4096, 4096), Map.of("oncrpc.rdma.max-message", "" + (20 << 20)))) {
            int size = 17 << 20;
            for (int xid = 1; xid <= 3; xid++) {
                RdmaHeader h = Engine.header(xid, 1, RdmaHeader.RDMA_NOMSG);
                h.addRead(0, 800, size, 0);
                small.receive(Engine.message(h, new byte[0]));
            }
            assertThat(small.counters.get(XprtCounter.SINK_WAITS)).isEqualTo(2);
            assertThat(small.receives).as("also of those that wait").allMatch(r -> r.released == 1);
            for (int i = 0; i < 3; i++) {
                ScriptedQueuePair.Posted read = small.qp.posted.get(i);
                assertThat(read.opcode()).isEqualTo(Opcode.RDMA_READ);
                read.request().buffer(0).duplicate().putInt(i + 1).putInt(0);
                int calls = small.calls.size();
                small.connection.onReadCompletion(small.qp, read.request(), true);
                assertThat(small.calls).hasSize(calls + 1);
                small.calls.get(calls).releaseMemory();
            }
            assertThat(small.device.regbufs().inUse()).isZero();
        }
    }

    @Test
    void callsThatAreAnsweredCountWithTheirBytesAndRefusedOnesDoNot() {
        InboundCall answered = receiveCall(inlineCall(), Engine.call(XID, 100));
        answered.operation(Operation.READ);
        receiveCall(Engine.header(XID + 1, 128, RdmaHeader.RDMA_MSG), Engine.call(XID + 1, 0)).refuse();
        assertThat(engine.counters.latencies().snapshot()).isEmpty();
        engine.answer(answered, Engine.reply(XID, 40));
        receiveCall(Engine.header(XID + 2, 128, RdmaHeader.RDMA_MSG), Engine.call(XID + 2, 0)).discard();
        assertThat(engine.counters.latencies().snapshot()).extracting(Latency::label, Latency::getCalls, Latency::getBytes).containsExactly(
                tuple("served.inline.read", 1L, (long) Engine.call(XID, 100).length + Engine.reply(XID, 40).length));
    }

    @Test
    void whatCameInlineIsKeptWhileACallWaitsForASink() {
        List<Regbuf> all = new ArrayList<>();
        for (Regbuf one = engine.device.regbufs().tryAcquire(1 << 20); one != null; one = engine.device.regbufs().tryAcquire(1 << 20)) {
            all.add(one);
        }
        byte[] whole = Engine.call(XID, 1 << 20);
        byte[] remote = Arrays.copyOfRange(whole, 44, whole.length - 20);
        byte[] inline = Arrays.copyOf(whole, 64);
        System.arraycopy(whole, whole.length - 20, inline, 44, 20);
        RdmaHeader h = inlineCall();
        h.addRead(44, 800, remote.length, 0);
        engine.receive(Engine.message(h, inline));
        assertThat(engine.receives.get(0).released).isEqualTo(1);
        engine.receives.get(0).data().put(0, new byte[engine.receives.get(0).data().limit()]);
        all.remove(0).release();
        fillRead(engine.qp.posted.get(0), remote);
        engine.connection.onReadCompletion(engine.qp, engine.qp.posted.get(0).request(), true);
        assertThat(engine.calls.get(0).message()).isEqualTo(ByteBuffer.wrap(whole));
        engine.answer(engine.calls.get(0), Engine.reply(XID, 4));
        all.forEach(Regbuf::release);
    }
}
