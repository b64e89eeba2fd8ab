// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequest;
import org.dcache.oncrpc4j.rdma.verbs.Endpoint;
import org.dcache.oncrpc4j.rdma.verbs.Listener;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerClosedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The MPA handshake when we are asked. */
class ResponderHandshakeTest {

    private static final byte[] DATA = HexFormat.of().parseHex("f6ab0e1801000303");

    private RawPeerFixture f;

    private RawPeerFixture listening(Map<String, String> settings, ConnectOptions options) throws Exception {
        f = new RawPeerFixture(settings);
        return f.listening(options);
    }

    private RawPeerFixture listening() throws Exception {
        return listening(Map.of(), RawPeerFixture.options(4, 8, 8));
    }

    @AfterEach
    void close() throws Exception {
        if (f != null) {
            f.close();
        }
    }

    private void closedWithoutReply(IwarpCounter counter) {
        assertThat(f.peer.isClosedByOther()).isTrue();
        assertThat(f.adapter.counters().get(counter)).isEqualTo(1);
        assertThat(f.endpoint.established).isNotDone();
    }

    private void talks() throws Exception {
        f.peer.sendFpdu(RawPeer.sendMessage(1, new byte[] {42}));
        assertThat(f.endpoint.message().data()).containsExactly(42);
        f.queuePair().postSend(RawPeerFixture.send(new byte[] {43}));
        RawPeer.Fpdu answer = f.peer.readFpdu();
        assertThat(answer.crcRight()).isTrue();
        assertThat(answer.payload().get(0)).isEqualTo((byte) 43);
    }

    @Test
    @Tag("conformance-87")
    @Tag("conformance-88")
    @Tag("conformance-89")
    void answersTheRequestOfSiwWithTheSameBytesAsSiw() throws Exception {
        listening(Map.of("oncrpc.rdma.iwarp.crc", "off"), new ConnectOptions(null, 1000, DATA, 4096, 4, 128, 128));
        f.peer.crc = false;
        f.peer.send(SiwFrames.of("mpa-request"));
        ByteBuffer expected = SiwFrames.of("mpa-reply");
        byte[] reply = f.peer.socket().getInputStream().readNBytes(expected.capacity());
        assertThat(ByteBuffer.wrap(reply)).isEqualTo(expected);
        assertThat(f.queuePair().info().peerPrivateData()).isEqualTo(HexFormat.of().parseHex("f6ab0e1801010303"));
        f.peer.send(SiwFrames.of("send-null-call"));
        assertThat(f.endpoint.message().data()).hasSize(68);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    @Tag("conformance-88")
    void oldRevisionsAreEchoedAndHaveNoReadDepths(int revision) throws Exception {
        listening(Map.of(), new ConnectOptions(null, 1000, DATA, 4096, 4, 8, 9));
        f.peer.send(RawPeer.frame(false, MpaFrame.CRC, revision, 0, 0, new byte[] {1, 2, 3, 4, 5}));
        RawPeer.Frame reply = f.peer.readFrame(true);
        assertThat(reply.revision()).isEqualTo(revision);
        assertThat(reply.flags()).isEqualTo(MpaFrame.CRC);
        assertThat(reply.privateData()).isEqualTo(DATA);
        assertThat(f.queuePair().info().peerPrivateData()).containsExactly(1, 2, 3, 4, 5);
        assertThat(f.queuePair().info().inboundReads()).isEqualTo(8);
        assertThat(f.queuePair().info().outboundReads()).isEqualTo(9);
        talks();
    }

    @Test
    @Tag("conformance-77")
    void crcIsUsedWhenOnlyTheInitiatorAsks() throws Exception {
        listening(Map.of("oncrpc.rdma.iwarp.crc", "off"), RawPeerFixture.options(4, 8, 8));
        assertThat(f.peer.initiate(8, 8).flags() & MpaFrame.CRC).isNotZero();
        talks();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("conformance-77")
    void withAutoThePeerOnThisHostDecidesAboutCrc(boolean peerAsks) throws Exception {
        listening(Map.of("oncrpc.rdma.iwarp.crc", "auto"), RawPeerFixture.options(4, 8, 8));
        f.peer.crc = peerAsks;
        assertThat((f.peer.initiate(8, 8).flags() & MpaFrame.CRC) != 0).isEqualTo(peerAsks);
        talks();
    }

    @Test
    @Tag("conformance-77")
    void crcIsUsedWhenOnlyWeAsk() throws Exception {
        listening();
        f.peer.crc = false;
        assertThat(f.peer.initiate(8, 8).flags() & MpaFrame.CRC).isNotZero();
        f.peer.crc = true;
        talks();
    }

    @Test
    @Tag("conformance-77")
    void withoutCrcTheFieldIsZeroAndIgnored() throws Exception {
        listening(Map.of("oncrpc.rdma.iwarp.crc", "off"), RawPeerFixture.options(4, 8, 8));
        f.peer.crc = false;
        assertThat(f.peer.initiate(8, 8).flags() & MpaFrame.CRC).isZero();
        ByteBuffer fpdu = f.peer.fpdu(RawPeer.sendMessage(1, new byte[] {1, 2, 3}));
        f.peer.send(fpdu.putInt(fpdu.capacity() - 4, 0x12345678));
        assertThat(f.endpoint.message().data()).containsExactly(1, 2, 3);
        f.queuePair().postSend(RawPeerFixture.send(new byte[] {1}));
        assertThat(f.peer.readFpdu().crcRight()).isTrue();
    }

    @Test
    @Tag("conformance-79")
    void aRequestMayComeByteByByteWithAllPrivateData() throws Exception {
        listening();
        byte[] data = new byte[MpaFrame.MAX_PRIVATE_DATA];
        data[511] = 9;
        ByteBuffer request = RawPeer.frame(false, MpaFrame.CRC, 1, 0, 0, data);
        for (byte b : request.array()) {
            f.peer.send(new byte[] {b});
        }
        f.peer.readFrame(true);
        assertThat(f.queuePair().info().peerPrivateData()).isEqualTo(data);
        talks();
    }

    @Test
    @Tag("conformance-79")
    void reservedBitsAreIgnored() throws Exception {
        listening();
        f.peer.send(RawPeer.frame(false, MpaFrame.ENHANCED | MpaFrame.CRC | 0x0f, 2, 8, 8, new byte[0]));
        assertThat(f.peer.readFrame(true).flags()).isEqualTo(MpaFrame.ENHANCED | MpaFrame.CRC);
        talks();
    }

    @Test
    @Tag("conformance-75")
    void aStrangerIsClosedAtTheFirstWrongByte() throws Exception {
        listening();
        f.peer.send("GET / HTTP/1.0\r\n\r\n".getBytes());
        closedWithoutReply(IwarpCounter.HANDSHAKE_BAD_KEY);
    }

    @Test
    @Tag("conformance-75")
    void aReplyKeyInARequestIsWrong() throws Exception {
        listening();
        f.peer.send(RawPeer.frame(true, 0, 1, 0, 0, new byte[0]));
        closedWithoutReply(IwarpCounter.HANDSHAKE_BAD_KEY);
    }

    @Test
    @Tag("conformance-75")
    void anUnknownRevisionIsClosed() throws Exception {
        listening();
        f.peer.send(RawPeer.frame(false, 0, 3, 0, 0, new byte[0]));
        closedWithoutReply(IwarpCounter.HANDSHAKE_BAD_REVISION);
    }

    @Test
    @Tag("conformance-79")
    void tooMuchPrivateDataIsClosed() throws Exception {
        listening();
        f.peer.send(RawPeer.frame(false, 0, 1, 0, 0, new byte[513]));
        closedWithoutReply(IwarpCounter.HANDSHAKE_BAD_LENGTH);
    }

    @Test
    @Tag("conformance-79")
    @Tag("conformance-87")
    void anEnhancedRequestWithoutItsWordsIsClosed() throws Exception {
        listening();
        ByteBuffer request = ByteBuffer.allocate(22);
        MpaFrame.put(request, 0, false, MpaFrame.ENHANCED, 2, 2);
        f.peer.send(request);
        closedWithoutReply(IwarpCounter.HANDSHAKE_BAD_LENGTH);
    }

    @Test
    @Tag("conformance-76")
    void markersAreRefused() throws Exception {
        listening();
        f.peer.send(RawPeer.frame(false, MpaFrame.ENHANCED | MpaFrame.MARKERS, 2, 8, 8, new byte[0]));
        assertThat(f.peer.readFrame(true).flags()).isEqualTo(MpaFrame.ENHANCED | MpaFrame.REJECT);
        closedWithoutReply(IwarpCounter.HANDSHAKE_MARKERS);
    }

    @Test
    @Tag("conformance-74")
    void dataBeforeOurReplyIsAnError() throws Exception {
        f = new RawPeerFixture();
        f.listening(RawPeerFixture.options(4, 8, 8));
        ByteBuffer request = RawPeer.frame(false, MpaFrame.ENHANCED, 2, 8, 8, new byte[0]);
        f.peer.send(ByteBuffer.allocate(request.capacity() + 1).put(request).clear());
        closedWithoutReply(IwarpCounter.HANDSHAKE_EARLY_DATA);
    }

    @Test
    @Tag("conformance-80")
    void aPeerThatLeavesInsideTheRequestIsForgotten() throws Exception {
        listening();
        f.peer.send(new byte[] {'M', 'P', 'A'});
        f.peer.socket().shutdownOutput();
        closedWithoutReply(IwarpCounter.HANDSHAKE_PEER_GONE);
    }

    @Test
    @Tag("conformance-80")
    void acceptingAPeerThatIsGoneReportsOnlyTheEnd() throws Exception {
        f = new RawPeerFixture();
        CompletableFuture<ConnectionRequest> asked = new CompletableFuture<>();
        try (Listener listener = f.adapter.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4, asked::complete)) {
            f.peer = RawPeer.connect(listener.localAddress());
            f.peer.send(RawPeer.frame(false, MpaFrame.ENHANCED, 2, 8, 8, new byte[0]));
            ConnectionRequest request = Endpoint.get(asked);
            f.peer.close();
            while (f.adapter.counters().get(IwarpCounter.HANDSHAKE_PEER_GONE) == 0) {
                Thread.onSpinWait();
            }
            request.accept(RawPeerFixture.options(4, 8, 8), f.endpoint);
            assertThat(f.endpoint.end()).isInstanceOf(PeerClosedException.class);
            assertThat(f.endpoint.established).isNotDone();
            assertThatThrownBy(() -> request.reject(new byte[0])).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    @Tag("conformance-80")
    void aPeerThatSaysNothingIsClosed() throws Exception {
        listening(Map.of("oncrpc.rdma.handshake-timeout", "100ms"), RawPeerFixture.options(4, 8, 8));
        closedWithoutReply(IwarpCounter.HANDSHAKE_TIMEOUT);
    }

    @Test
    @Tag("conformance-80")
    void halfOpenHandshakesAreBounded() throws Exception {
        listening(Map.of("oncrpc.rdma.handshakes", "1"), RawPeerFixture.options(4, 8, 8));
        f.peer.send(new byte[] {'M'});
        try (RawPeer second = RawPeer.connect(f.address())) {
            assertThat(second.isClosedByOther()).isTrue();
        }
        assertThat(f.adapter.counters().get(IwarpCounter.REFUSED_HALF_OPEN)).isEqualTo(1);
        ByteBuffer rest = RawPeer.frame(false, MpaFrame.ENHANCED, 2, 8, 8, new byte[0]);
        f.peer.send(rest.slice(1, rest.capacity() - 1));
        f.peer.readFrame(true);
        talks();
        try (RawPeer third = RawPeer.connect(f.address())) {
            third.send(new byte[] {'X'});
            assertThat(third.isClosedByOther()).isTrue();
        }
        assertThat(f.adapter.counters().get(IwarpCounter.HANDSHAKE_BAD_KEY)).isEqualTo(1);
    }

    @Test
    @Tag("conformance-91")
    void peerToPeerWithAWriteIsPreferred() throws Exception {
        listening();
        f.peer.send(RawPeer.frame(false, MpaFrame.ENHANCED | MpaFrame.CRC, 2, MpaFrame.PEER_TO_PEER | MpaFrame.RTR_EMPTY | 8,
                MpaFrame.RTR_WRITE | MpaFrame.RTR_READ | 8, new byte[0]));
        RawPeer.Frame reply = f.peer.readFrame(true);
        assertThat(reply.irdWord()).isEqualTo(MpaFrame.PEER_TO_PEER | 8);
        assertThat(reply.ordWord()).isEqualTo(MpaFrame.RTR_WRITE | 8);
        readyToReceive(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, 1, 0, new byte[0]));
    }

    @Test
    @Tag("conformance-91")
    void peerToPeerWithAReadNeedsNoDepth() throws Exception {
        listening(Map.of(), RawPeerFixture.options(4, 0, 8));
        f.peer.send(RawPeer.frame(false, MpaFrame.ENHANCED | MpaFrame.CRC, 2, MpaFrame.PEER_TO_PEER | 8, MpaFrame.RTR_READ | 8,
                new byte[0]));
        RawPeer.Frame reply = f.peer.readFrame(true);
        assertThat(reply.irdWord()).isEqualTo(MpaFrame.PEER_TO_PEER);
        assertThat(reply.ordWord()).isEqualTo(MpaFrame.RTR_READ | 8);
        f.queuePair();
        f.peer.sendFpdu(RawPeer.readRequest(1, 7, 5, 0, 0, 0));
        RawPeer.Fpdu response = f.peer.readFpdu();
        assertThat(response.ulpdu()).isEqualTo(RawPeer.tagged(RdmapOpcode.READ_RESPONSE, true, 7, 5, new byte[0]));
        talks();
    }

    @Test
    @Tag("conformance-91")
    void peerToPeerWithAnEmptyFpdu() throws Exception {
        listening();
        f.peer.send(RawPeer.frame(false, MpaFrame.ENHANCED | MpaFrame.CRC, 2, MpaFrame.PEER_TO_PEER | MpaFrame.RTR_EMPTY | 8, 8,
                new byte[0]));
        assertThat(f.peer.readFrame(true).irdWord()).isEqualTo(MpaFrame.PEER_TO_PEER | MpaFrame.RTR_EMPTY | 8);
        readyToReceive(ByteBuffer.allocate(0));
    }

    @Test
    @Tag("conformance-91")
    void peerToPeerWithoutAnyFormIsRefused() throws Exception {
        listening();
        f.peer.send(RawPeer.frame(false, MpaFrame.ENHANCED, 2, MpaFrame.PEER_TO_PEER | 8, 8, new byte[0]));
        assertThat(f.peer.readFrame(true).flags() & MpaFrame.REJECT).isNotZero();
        closedWithoutReply(IwarpCounter.HANDSHAKE_NO_RTR);
    }

    /** Our Send waits for the peer's RTR indication, and leaves at once then. */
    private void readyToReceive(ByteBuffer rtr) throws Exception {
        f.queuePair().postSend(RawPeerFixture.send(new byte[] {5}));
        assertThat(f.adapter.counters().get(IwarpCounter.BYTES_SENT)).isZero();
        f.peer.sendFpdu(rtr);
        assertThat(f.peer.readFpdu().payload().get(0)).isEqualTo((byte) 5);
        talks();
    }

    @Test
    @Tag("conformance-92")
    void nothingLeavesBeforeTheInitiatorsFirstFpdu() throws Exception {
        listening();
        f.peer.initiate(8, 8);
        f.queuePair().postSend(RawPeerFixture.send(new byte[] {5}));
        assertThat(f.adapter.counters().get(IwarpCounter.BYTES_SENT)).isZero();
        assertThat(f.endpoint.sends).isEmpty();
        f.peer.sendFpdu(RawPeer.sendMessage(1, new byte[0]));
        assertThat(f.peer.readFpdu().payload().get(0)).isEqualTo((byte) 5);
        assertThat(f.endpoint.sendCompletion().ok()).isTrue();
    }

    @Test
    @Tag("conformance-92")
    void aResponderThatEndsBeforeItMaySpeakFailsWhatWasPosted() throws Exception {
        listening();
        f.peer.initiate(8, 8);
        f.queuePair().postSend(RawPeerFixture.send(new byte[] {5}));
        f.queuePair().disconnect(new ConnectionClosedException("no more"));
        assertThat(f.endpoint.sendCompletion().ok()).isFalse();
        f.endpoint.end();
        assertThat(f.peer.isClosedByOther()).isTrue();
    }

    /** Here an answer that cannot be written; memory that runs out has the same effect. */
    @Test
    void whoAcceptedHearsThatTheConnectionCannotBeMade() throws Exception {
        listening(Map.of(), new ConnectOptions(null, 20_000, null, RawPeerFixture.RECEIVE_SIZE, 4, 8, 8));
        f.peer.send(RawPeer.frame(false, MpaFrame.ENHANCED, 2, 8, 8, new byte[0]));
        assertThat(f.endpoint.end()).hasMessageContaining("cannot be made");
        closedWithoutReply(IwarpCounter.HANDLER_FAILED);
    }
}
