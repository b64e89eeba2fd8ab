// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.wire.DdpHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.iwarp.wire.ReadRequestHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.TerminateCode;
import org.dcache.oncrpc4j.rdma.iwarp.wire.TerminateMessage;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.Endpoint;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerResetException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerTerminatedException;
import org.dcache.oncrpc4j.rdma.verbs.error.ProtocolViolationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each rule a peer can break is answered with its own Terminate, and nothing is placed or delivered any more. */
class TerminateTest {

    private static final byte[] FOUR = {1, 2, 3, 4};

    private final RawPeerFixture f = new RawPeerFixture();

    @AfterEach
    void close() throws Exception {
        f.close();
    }

    /** Sends the segment to our responder and expects this answer, the end of the connection, and a count. */
    private void refused(ByteBuffer ulpdu, TerminateCode code) throws Exception {
        f.peer.sendFpdu(ulpdu);
        expect(code, ulpdu);
    }

    private void expect(TerminateCode code, ByteBuffer offender) throws Exception {
        RawPeer.Fpdu fpdu = f.peer.readFpdu();
        while (fpdu.opcode() != RdmapOpcode.TERMINATE) {
            fpdu = f.peer.readFpdu();
        }
        assertThat(fpdu.crcRight()).isTrue();
        assertThat(DdpHeader.queue(fpdu.ulpdu(), 0)).isEqualTo(2);
        assertThat(DdpHeader.msn(fpdu.ulpdu(), 0)).isEqualTo(1);
        TerminateMessage message = fpdu.terminate();
        assertThat(new int[] {message.layer(), message.type(), message.code()})
                .as(code.name()).containsExactly(code.layer(), code.type(), code.code());
        if ((message.flags() & TerminateMessage.D) != 0) {
            ByteBuffer payload = fpdu.payload();
            assertThat(payload.getShort(TerminateMessage.OFFSET_SEGMENT_LENGTH) & 0xffff).isEqualTo(offender.capacity());
            int copied = payload.capacity() - TerminateMessage.OFFSET_DDP_HEADER;
            assertThat(payload.slice(TerminateMessage.OFFSET_DDP_HEADER, copied)).isEqualTo(offender.slice(0, copied));
        }
        assertThat(f.peer.isClosedByOther()).isTrue();
        assertThat(f.endpoint.end()).isInstanceOfSatisfying(ProtocolViolationException.class, e -> {
            assertThat(e.layer()).isEqualTo(code.layer());
            assertThat(e.type()).isEqualTo(code.type());
            assertThat(e.code()).isEqualTo(code.code());
        });
        assertThat(f.adapter.counters().get(code)).isEqualTo(1);
        assertThat(f.endpoint.messages).isEmpty();
    }

    private static ByteBuffer withControl(ByteBuffer ulpdu, int clear, int set) {
        return ulpdu.putShort(0, (short) (ulpdu.getShort(0) & ~clear | set));
    }

    @Test
    @Tag("conformance-93")
    void ddpVersionOfTaggedSegments() throws Exception {
        f.responding();
        refused(withControl(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, 1, 0, FOUR), 0x300, 0x200), TerminateCode.DDP_VERSION_TAGGED);
    }

    @Test
    @Tag("conformance-93")
    void ddpVersionOfUntaggedSegments() throws Exception {
        f.responding();
        refused(withControl(RawPeer.sendMessage(2, FOUR), 0x300, 0), TerminateCode.DDP_VERSION_UNTAGGED);
    }

    @Test
    @Tag("conformance-99")
    void rdmapVersion() throws Exception {
        f.responding();
        refused(withControl(RawPeer.sendMessage(2, FOUR), 0xc0, 0x80), TerminateCode.RDMAP_VERSION);
    }

    @Test
    @Tag("conformance-99")
    void unassignedOpcode() throws Exception {
        f.responding();
        refused(withControl(RawPeer.sendMessage(2, FOUR), 15, 8), TerminateCode.UNEXPECTED_OPCODE);
    }

    @Test
    @Tag("conformance-99")
    void untaggedOpcodeOnATaggedSegment() throws Exception {
        f.responding();
        refused(withControl(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, 1, 0, FOUR), 15, 3), TerminateCode.UNEXPECTED_OPCODE);
    }

    @Test
    @Tag("conformance-100")
    void readResponseThatNobodyAskedFor() throws Exception {
        f.responding();
        refused(RawPeer.tagged(RdmapOpcode.READ_RESPONSE, true, 1, 0, FOUR), TerminateCode.UNEXPECTED_OPCODE);
    }

    @Test
    void segmentShorterThanItsHeader() throws Exception {
        f.responding();
        refused(RawPeer.sendMessage(2, FOUR).slice(0, 17), TerminateCode.MALFORMED);
    }

    @Test
    void emptyFpduThatWasNotAgreed() throws Exception {
        f.responding();
        refused(ByteBuffer.allocate(0), TerminateCode.MALFORMED);
    }

    @Test
    @Tag("conformance-95")
    void sendOnTheWrongQueue() throws Exception {
        f.responding();
        refused(RawPeer.sendMessage(2, FOUR).putInt(DdpHeader.OFFSET_QUEUE, 1), TerminateCode.INVALID_QN);
    }

    @Test
    @Tag("conformance-95")
    void sequenceNumberThatIsNotTheNext() throws Exception {
        f.responding();
        refused(RawPeer.sendMessage(3, FOUR), TerminateCode.INVALID_MSN);
    }

    @Test
    @Tag("conformance-95")
    void sequenceNumberThatWasUsed() throws Exception {
        f.responding();
        refused(RawPeer.sendMessage(1, FOUR), TerminateCode.INVALID_MSN);
    }

    @Test
    @Tag("conformance-97")
    void messageOffsetWithAGap() throws Exception {
        f.responding();
        f.peer.sendFpdu(RawPeer.untagged(RdmapOpcode.SEND, false, 0, 2, 0, FOUR));
        refused(RawPeer.untagged(RdmapOpcode.SEND, true, 0, 2, 8, FOUR), TerminateCode.INVALID_MO);
    }

    @Test
    void opcodeThatChangesInsideAMessage() throws Exception {
        f.responding();
        f.peer.sendFpdu(RawPeer.untagged(RdmapOpcode.SEND, false, 0, 2, 0, FOUR));
        refused(RawPeer.untagged(RdmapOpcode.SEND_WITH_INVALIDATE, true, 5, 2, 4, FOUR), TerminateCode.UNEXPECTED_OPCODE);
    }

    @Test
    @Tag("conformance-95")
    void messageWithoutAPostedReceive() throws Exception {
        f.responding(RawPeerFixture.options(1, 4, 4));
        refused(RawPeer.sendMessage(2, FOUR), TerminateCode.NO_RECEIVE_POSTED);
    }

    @Test
    @Tag("conformance-95")
    void messageThatGrowsBeyondTheReceive() throws Exception {
        f.responding();
        f.peer.sendFpdu(RawPeer.untagged(RdmapOpcode.SEND, false, 0, 2, 0, new byte[RawPeerFixture.RECEIVE_SIZE]));
        refused(RawPeer.untagged(RdmapOpcode.SEND, true, 0, 2, RawPeerFixture.RECEIVE_SIZE, new byte[1]),
                TerminateCode.MESSAGE_TOO_LONG);
    }

    @Test
    @Tag("conformance-94")
    void writeToAnUnknownStag() throws Exception {
        f.responding();
        refused(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, 0x01020304, 0, FOUR), TerminateCode.STAG_INVALID);
    }

    @Test
    @Tag("conformance-94")
    void writeToStagZero() throws Exception {
        f.responding();
        refused(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, 0, 0, FOUR), TerminateCode.STAG_INVALID);
    }

    @Test
    @Tag("conformance-94")
    void writeWithTheRightIndexAndTheWrongKey() throws Exception {
        f.responding();
        ByteBuffer memory = ByteBuffer.allocateDirect(16);
        Exposure exposure = f.expose(memory, Access.REMOTE_WRITE);
        refused(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, exposure.stag() ^ 1, exposure.offset(), FOUR), TerminateCode.STAG_INVALID);
        assertThat(memory).isEqualTo(ByteBuffer.allocate(16));
    }

    @Test
    @Tag("conformance-94")
    void writeToMemoryExposedForReading() throws Exception {
        f.responding();
        Exposure exposure = f.expose(ByteBuffer.allocateDirect(16), Access.REMOTE_READ);
        refused(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, exposure.stag(), exposure.offset(), FOUR), TerminateCode.STAG_INVALID);
    }

    @Test
    @Tag("conformance-94")
    void writeBeyondTheEnd() throws Exception {
        f.responding();
        ByteBuffer memory = ByteBuffer.allocateDirect(16);
        Exposure exposure = f.expose(memory, Access.REMOTE_WRITE);
        refused(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, exposure.stag(), exposure.offset() + 13, FOUR), TerminateCode.BOUNDS);
        assertThat(memory).isEqualTo(ByteBuffer.allocate(16));
    }

    @Test
    @Tag("conformance-94")
    void writeThatWraps() throws Exception {
        f.responding();
        Exposure exposure = f.expose(ByteBuffer.allocateDirect(16), Access.REMOTE_WRITE);
        refused(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, exposure.stag(), -2, FOUR), TerminateCode.TO_WRAP);
    }

    @Test
    @Tag("conformance-94")
    @Tag("conformance-98")
    void laterSegmentsOfAWriteAreCheckedToo() throws Exception {
        f.responding();
        ByteBuffer memory = ByteBuffer.allocateDirect(8);
        Exposure exposure = f.expose(memory, Access.REMOTE_WRITE);
        f.peer.sendFpdu(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, false, exposure.stag(), exposure.offset(), FOUR));
        refused(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, exposure.stag(), exposure.offset() + 6, FOUR), TerminateCode.BOUNDS);
        assertThat(memory.getInt(0)).isEqualTo(0x01020304);
        assertThat(memory.getInt(4)).isZero();
    }

    @Test
    @Tag("conformance-98")
    void nothingBehindAnErrorIsPlaced() throws Exception {
        f.responding();
        ByteBuffer memory = ByteBuffer.allocateDirect(8);
        Exposure exposure = f.expose(memory, Access.REMOTE_WRITE);
        ByteBuffer bad = f.peer.fpdu(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, 99, 0, FOUR));
        ByteBuffer good = f.peer.fpdu(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, exposure.stag(), exposure.offset(), FOUR));
        f.peer.send(ByteBuffer.allocate(bad.capacity() + good.capacity()).put(bad).put(good).clear());
        assertThat(f.peer.readTerminate().layer()).isEqualTo(1);
        f.endpoint.end();
        assertThat(memory.getLong(0)).isZero();
    }

    @Test
    @Tag("conformance-100")
    void readOfAnUnknownStag() throws Exception {
        f.responding();
        refused(RawPeer.readRequest(1, 7, 0, 4, 0x01020304, 0), TerminateCode.READ_STAG_INVALID);
    }

    @Test
    @Tag("conformance-100")
    void readOfMemoryExposedForWriting() throws Exception {
        f.responding();
        Exposure exposure = f.expose(ByteBuffer.allocateDirect(16), Access.REMOTE_WRITE);
        refused(RawPeer.readRequest(1, 7, 0, 4, exposure.stag(), exposure.offset()), TerminateCode.READ_ACCESS);
    }

    @Test
    @Tag("conformance-100")
    void readBeyondTheEnd() throws Exception {
        f.responding();
        Exposure exposure = f.expose(ByteBuffer.allocateDirect(16), Access.REMOTE_READ);
        refused(RawPeer.readRequest(1, 7, 0, 17, exposure.stag(), exposure.offset()), TerminateCode.READ_BOUNDS);
    }

    @Test
    @Tag("conformance-100")
    void readOfFourGigabytes() throws Exception {
        f.responding();
        Exposure exposure = f.expose(ByteBuffer.allocateDirect(16), Access.REMOTE_READ);
        refused(RawPeer.readRequest(1, 7, 0, -1, exposure.stag(), exposure.offset()), TerminateCode.READ_BOUNDS);
    }

    @Test
    @Tag("conformance-100")
    void readThatWraps() throws Exception {
        f.responding();
        Exposure exposure = f.expose(ByteBuffer.allocateDirect(16), Access.REMOTE_READ);
        refused(RawPeer.readRequest(1, 7, 0, 8, exposure.stag(), -4), TerminateCode.READ_WRAP);
    }

    @Test
    @Tag("conformance-101")
    void moreReadsThanAgreed() throws Exception {
        f.responding(RawPeerFixture.options(16, 0, 4));
        refused(RawPeer.readRequest(1, 7, 0, 0, 0, 0), TerminateCode.IRD_OVERRUN);
    }

    @Test
    @Tag("conformance-95")
    void readRequestOutOfSequence() throws Exception {
        f.responding();
        refused(RawPeer.readRequest(2, 7, 0, 0, 0, 0), TerminateCode.INVALID_MSN);
    }

    @Test
    @Tag("conformance-103")
    void invalidationOfAnUnknownStag() throws Exception {
        f.responding();
        refused(RawPeer.untagged(RdmapOpcode.SEND_WITH_INVALIDATE, true, 0x01020304, 2, 0, FOUR), TerminateCode.CANNOT_INVALIDATE);
    }

    private Exposure revoked(boolean unanswered) {
        Exposure exposure = f.expose(ByteBuffer.allocateDirect(16), Access.REMOTE_READ);
        CompletableFuture<Boolean> free = new CompletableFuture<>();
        f.queuePair().execute(() -> {
            if (unanswered) {
                exposure.unanswered();
            }
            free.complete(exposure.revoke(() -> {}));
        });
        assertThat(Endpoint.get(free)).isTrue();
        return exposure;
    }

    /** The peer did not know, and the other calls of the connection are not to suffer from it. */
    @Test
    @Tag("conformance-103")
    void theLateInvalidationOfWhatWasRevokedBeforeTheAnswerIsTakenAsAPlainSendHoweverManyWereRevokedSince() throws Exception {
        f.responding();
        Exposure exposure = revoked(true);
        for (int i = 0; i < 3000; i++) {
            revoked(false);
        }
        f.peer.sendFpdu(RawPeer.untagged(RdmapOpcode.SEND_WITH_INVALIDATE, true, exposure.stag(), 2, 0, FOUR));
        assertThat(f.endpoint.message().invalidated()).isFalse();
        assertThat(f.adapter.counters().get(IwarpCounter.LATE_INVALIDATE)).isEqualTo(1);
        assertThat(f.queuePair().isOpen()).isTrue();
    }

    @Test
    @Tag("conformance-103")
    void invalidationOfWhatWasRevokedAfterTheAnswer() throws Exception {
        f.responding();
        Exposure exposure = revoked(false);
        refused(RawPeer.untagged(RdmapOpcode.SEND_WITH_INVALIDATE, true, exposure.stag(), 2, 0, FOUR), TerminateCode.CANNOT_INVALIDATE);
    }

    @Test
    @Tag("conformance-84")
    void wrongCrc() throws Exception {
        f.responding();
        ByteBuffer memory = ByteBuffer.allocateDirect(16);
        Exposure exposure = f.expose(memory, Access.REMOTE_WRITE);
        ByteBuffer ulpdu = RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, exposure.stag(), exposure.offset(), FOUR);
        ByteBuffer fpdu = f.peer.fpdu(ulpdu);
        f.peer.send(fpdu.putInt(fpdu.capacity() - 4, 0));
        expect(TerminateCode.CRC_ERROR, ulpdu);
    }

    @Test
    @Tag("conformance-84")
    void aSendWithAWrongCrcIsNotDelivered() throws Exception {
        f.responding();
        ByteBuffer ulpdu = RawPeer.sendMessage(2, FOUR);
        ByteBuffer fpdu = f.peer.fpdu(ulpdu);
        f.peer.send(fpdu.put(22, (byte) 77));
        expect(TerminateCode.CRC_ERROR, ulpdu);
    }

    // ---- Read Responses, where we are the requester

    private int askedSink() throws Exception {
        RawPeer.Fpdu request = f.peer.readFpdu();
        assertThat(request.opcode()).isEqualTo(RdmapOpcode.READ_REQUEST);
        return ReadRequestHeader.sinkStag(request.ulpdu(), DdpHeader.UNTAGGED_LENGTH);
    }

    private ByteBuffer postRead(int size) {
        ByteBuffer sink = ByteBuffer.allocateDirect(size);
        f.queuePair().postSend(new WorkRequest().read(5, 0).add(sink.slice(0, size)).signaled(true));
        return sink;
    }

    @Test
    @Tag("conformance-100")
    void readResponseToAnotherStag() throws Exception {
        f.responding();
        ByteBuffer sink = postRead(4);
        refused(RawPeer.tagged(RdmapOpcode.READ_RESPONSE, true, askedSink() ^ 1, 0, FOUR), TerminateCode.STAG_INVALID);
        assertThat(f.endpoint.readCompletion().ok()).isFalse();
        assertThat(sink.getInt(0)).isZero();
    }

    @Test
    @Tag("conformance-100")
    void readResponseLongerThanAsked() throws Exception {
        f.responding();
        ByteBuffer sink = postRead(3);
        refused(RawPeer.tagged(RdmapOpcode.READ_RESPONSE, true, askedSink(), 0, FOUR), TerminateCode.BOUNDS);
        assertThat(sink.get(0)).isZero();
    }

    @Test
    @Tag("conformance-100")
    void readResponseShorterThanAsked() throws Exception {
        f.responding();
        postRead(5);
        refused(RawPeer.tagged(RdmapOpcode.READ_RESPONSE, true, askedSink(), 0, FOUR), TerminateCode.BOUNDS);
        assertThat(f.endpoint.readCompletion().ok()).isFalse();
    }

    @Test
    @Tag("conformance-100")
    void readResponseWithAGap() throws Exception {
        f.responding();
        postRead(8);
        refused(RawPeer.tagged(RdmapOpcode.READ_RESPONSE, true, askedSink(), 4, FOUR), TerminateCode.BOUNDS);
    }

    @Test
    @Tag("conformance-100")
    void aReadSinkCannotBeWritten() throws Exception {
        f.responding();
        ByteBuffer sink = postRead(4);
        refused(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, askedSink(), 0, FOUR), TerminateCode.STAG_INVALID);
        assertThat(sink.getInt(0)).isZero();
    }

    @Test
    @Tag("conformance-100")
    void aReadSinkCannotBeRead() throws Exception {
        f.responding();
        postRead(4);
        refused(RawPeer.readRequest(1, 7, 0, 4, askedSink(), 0), TerminateCode.READ_STAG_INVALID);
    }

    @Test
    @Tag("conformance-100")
    void aReadSinkIsGoodOnce() throws Exception {
        f.responding();
        ByteBuffer sink = postRead(4);
        int stag = askedSink();
        f.peer.sendFpdu(RawPeer.tagged(RdmapOpcode.READ_RESPONSE, true, stag, 0, FOUR));
        assertThat(f.endpoint.readCompletion().ok()).isTrue();
        assertThat(sink.getInt(0)).isEqualTo(0x01020304);
        refused(RawPeer.tagged(RdmapOpcode.READ_RESPONSE, true, stag, 0, new byte[4]), TerminateCode.UNEXPECTED_OPCODE);
        assertThat(sink.getInt(0)).isEqualTo(0x01020304);
    }

    @Test
    @Tag("conformance-101")
    void theThirdReadWaitsForAResponseWhenTwoAreAgreed() throws Exception {
        f.responding(RawPeerFixture.options(16, 4, 2));
        for (int i = 0; i < 3; i++) {
            postRead(4);
        }
        f.queuePair().postSend(RawPeerFixture.send(FOUR));
        int first = askedSink();
        askedSink();
        assertThat(f.peer.readFpdu().opcode()).as("Sends do not wait for Reads").isEqualTo(RdmapOpcode.SEND);
        f.peer.sendFpdu(RawPeer.tagged(RdmapOpcode.READ_RESPONSE, true, first, 0, FOUR));
        assertThat(f.endpoint.readCompletion().ok()).isTrue();
        askedSink();
    }

    // ---- what the peer does to end it

    @Test
    @Tag("conformance-104")
    void aTerminateOfThePeerIsReportedAndNotAnswered() throws Exception {
        f.responding();
        f.peer.sendFpdu(RawPeer.untagged(RdmapOpcode.TERMINATE, true, 0, 1, 0, new byte[] {0x12, 0x02, 0, 0}));
        assertThat(f.endpoint.end()).isInstanceOfSatisfying(PeerTerminatedException.class, e -> {
            assertThat(e.layer()).isEqualTo(1);
            assertThat(e.type()).isEqualTo(2);
            assertThat(e.code()).isEqualTo(2);
        });
        assertThat(f.peer.isClosedByOther()).isTrue();
        assertThat(f.adapter.counters().get(IwarpCounter.TERMINATE_RECEIVED)).isEqualTo(1);
    }

    @Test
    @Tag("conformance-104")
    void theTerminateOfSiwIsUnderstood() throws Exception {
        f.peer = null;
        f.responding();
        ByteBuffer siw = SiwFrames.of("terminate");
        f.peer.sendFpdu(siw.slice(2, 22));
        assertThat(f.endpoint.end()).isInstanceOf(PeerTerminatedException.class).hasMessageContaining("layer 2 type 0 code 0x06");
    }

    @Test
    @Tag("conformance-85")
    void finBetweenFpdusIsAnOrderlyEnd() throws Exception {
        f.responding();
        f.peer.close();
        assertThat(f.endpoint.end()).isInstanceOf(PeerClosedException.class);
    }

    @Test
    @Tag("conformance-85")
    void finInsideAnFpduIsAReset() throws Exception {
        f.responding();
        byte[] fpdu = f.peer.fpdu(RawPeer.sendMessage(2, FOUR)).array();
        for (int length : new int[] {1, 3, 19, 21, fpdu.length - 1}) {
            try (RawPeerFixture other = new RawPeerFixture().responding()) {
                other.peer.send(Arrays.copyOf(fpdu, length));
                other.peer.close();
                assertThat(other.endpoint.end()).as("after %d bytes", length).isInstanceOf(PeerResetException.class);
                assertThat(other.endpoint.messages).isEmpty();
            }
        }
    }

    @Test
    @Tag("conformance-85")
    void aResetIsAReset() throws Exception {
        f.responding();
        f.peer.socket().setSoLinger(true, 0);
        f.peer.close();
        assertThat(f.endpoint.end()).isInstanceOf(PeerResetException.class);
    }
}
