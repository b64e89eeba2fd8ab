// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.iwarp.wire.TerminateMessage;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.Endpoint;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeException;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeTimeoutException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerRejectedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The MPA handshake when we ask. */
class InitiatorHandshakeTest {

    private RawPeerFixture f;
    private CompletableFuture<QueuePair> connected;

    /** We have asked; the peer has accepted the TCP connection and read nothing. */
    private void asking(Map<String, String> settings, ConnectOptions options) throws Exception {
        f = new RawPeerFixture(settings);
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            connected = f.connect(new InetSocketAddress(server.getInetAddress(), server.getLocalPort()), options);
            f.peer = RawPeer.accept(server);
        }
    }

    private void asking() throws Exception {
        asking(Map.of(), RawPeerFixture.options(4, 8, 8));
    }

    @AfterEach
    void close() throws Exception {
        f.close();
    }

    private void fails(Class<? extends Exception> type) {
        assertThatThrownBy(() -> connected.get(20, TimeUnit.SECONDS)).cause().isInstanceOf(type);
        assertThat(f.endpoint.established).isNotDone();
        assertThat(f.endpoint.disconnected).isNotDone();
    }

    private void talks() throws Exception {
        QueuePair qp = Endpoint.get(connected);
        qp.postSend(RawPeerFixture.send(new byte[] {7}));
        RawPeer.Fpdu fpdu = f.peer.readFpdu();
        assertThat(fpdu.opcode()).isEqualTo(RdmapOpcode.SEND);
        assertThat(fpdu.crcRight()).isTrue();
        f.peer.sendFpdu(RawPeer.sendMessage(1, new byte[] {8}));
        assertThat(f.endpoint.message().data()).containsExactly(8);
    }

    @Test
    @Tag("conformance-74")
    @Tag("conformance-87")
    void theRequestIsEnhancedAndNothingFollowsIt() throws Exception {
        asking(Map.of(), new ConnectOptions(null, 20_000, new byte[] {1, 2, 3}, 4096, 4, 0, 9));
        RawPeer.Frame request = f.peer.readFrame(false);
        assertThat(request.revision()).isEqualTo(2);
        assertThat(request.flags()).isEqualTo(MpaFrame.ENHANCED | MpaFrame.CRC);
        assertThat(request.irdWord()).as("never 0").isEqualTo(1);
        assertThat(request.ordWord()).isEqualTo(9);
        assertThat(request.privateData()).containsExactly(1, 2, 3);
        assertThat(connected).isNotDone();
        assertThat(f.peer.available()).isZero();
    }

    @Test
    @Tag("conformance-77")
    void crcIsUsedWhenOnlyTheResponderAsks() throws Exception {
        asking(Map.of("oncrpc.rdma.iwarp.crc", "off"), RawPeerFixture.options(4, 8, 8));
        assertThat(f.peer.respond(8, 8).flags()).isEqualTo(MpaFrame.ENHANCED);
        talks();
        assertThat(f.queuePair().info().checksum()).isTrue();
    }

    @Test
    @Tag("conformance-77")
    void withAutoNoCrcIsAskedForOnThisHostAndThePeersWordHolds() throws Exception {
        asking(Map.of("oncrpc.rdma.iwarp.crc", "auto"), RawPeerFixture.options(4, 8, 8));
        f.peer.crc = false;
        assertThat(f.peer.respond(8, 8).flags()).isEqualTo(MpaFrame.ENHANCED);
        talks();
        assertThat(f.queuePair().info().checksum()).isFalse();
    }

    @Test
    void aFaultOfOursInTheMidstOfItIsHeardOfAtOnce() throws Exception {
        // No frame holds so much private data.
        asking(Map.of(), new ConnectOptions(null, 5000, new byte[1 << 20], 4096, 4, 8, 8));
        assertThatThrownBy(() -> connected.get(20, TimeUnit.SECONDS)).cause().isInstanceOf(IOException.class)
                .isNotInstanceOf(HandshakeTimeoutException.class).hasMessageContaining("cannot connect to")
                .hasCauseInstanceOf(BufferOverflowException.class);
        assertThat(f.peer.isClosedByOther()).isTrue();
    }

    @Test
    @Tag("conformance-88")
    void aReplyOfRevisionOneIsTaken() throws Exception {
        asking();
        f.peer.readFrame(false);
        f.peer.send(RawPeer.frame(true, MpaFrame.CRC, 1, 0, 0, new byte[] {1, 2, 3, 4, 5}));
        talks();
        assertThat(f.queuePair().info().peerPrivateData()).containsExactly(1, 2, 3, 4, 5);
    }

    @Test
    @Tag("conformance-89")
    void ourDepthIsLoweredToThePeers() throws Exception {
        asking(Map.of(), RawPeerFixture.options(4, 8, 30));
        f.peer.respond(3, 5);
        talks();
        assertThat(f.queuePair().info().outboundReads()).isEqualTo(3);
    }

    @Test
    @Tag("conformance-90")
    void ourInboundDepthIsRaisedWhenThePeerNeedsMore() throws Exception {
        asking();
        f.peer.respond(3, 100);
        talks();
        assertThat(f.queuePair().info().inboundReads()).isEqualTo(100);
    }

    @Test
    @Tag("conformance-90")
    void aDepthBeyondReasonIsTerminated() throws Exception {
        asking();
        f.peer.respond(3, 1000);
        TerminateMessage message = f.peer.readTerminate();
        assertThat(new int[] {message.layer(), message.type(), message.code()}).containsExactly(2, 0, 6);
        fails(HandshakeException.class);
    }

    @Test
    @Tag("conformance-89")
    void depthsThatAreNotNegotiatedLeaveOurs() throws Exception {
        asking();
        f.peer.respond(MpaFrame.NOT_NEGOTIATED, MpaFrame.NOT_NEGOTIATED);
        talks();
        assertThat(f.queuePair().info().outboundReads()).isEqualTo(8);
        assertThat(f.queuePair().info().inboundReads()).isEqualTo(8);
    }

    @Test
    @Tag("conformance-78")
    void aRejectionIsToldWithItsPrivateData() throws Exception {
        asking();
        f.peer.readFrame(false);
        f.peer.send(RawPeer.frame(true, MpaFrame.ENHANCED | MpaFrame.REJECT, 2, 0, 0, new byte[] {9, 8}));
        assertThatThrownBy(() -> connected.get(20, TimeUnit.SECONDS)).cause().isInstanceOfSatisfying(PeerRejectedException.class,
                e -> assertThat(e.privateData()).containsExactly(9, 8));
        assertThat(f.peer.isClosedByOther()).isTrue();
    }

    @Test
    @Tag("conformance-76")
    void aResponderThatWantsMarkersIsLeft() throws Exception {
        asking();
        f.peer.readFrame(false);
        f.peer.send(RawPeer.frame(true, MpaFrame.ENHANCED | MpaFrame.MARKERS, 2, 8, 8, new byte[0]));
        fails(HandshakeException.class);
        assertThat(f.peer.isClosedByOther()).isTrue();
    }

    @Test
    @Tag("conformance-75")
    void aReplyWithAWrongKeyOrRevisionOrLengthFails() throws Exception {
        for (ByteBuffer reply : new ByteBuffer[] {
            RawPeer.frame(false, 0, 1, 0, 0, new byte[0]),
            RawPeer.frame(true, 0, 3, 0, 0, new byte[0]),
            RawPeer.frame(true, 0, 1, 0, 0, new byte[513]),
            ByteBuffer.wrap("SSH-2.0-OpenSSH_9.2\r\n".getBytes())
        }) {
            asking();
            f.peer.readFrame(false);
            f.peer.send(reply);
            fails(HandshakeException.class);
            f.close();
        }
    }

    @Test
    @Tag("conformance-80")
    void aResponderThatClosesOrResetsInsideTheHandshakeFails() throws Exception {
        for (int kept : new int[] {0, 10, 25}) {
            asking();
            f.peer.readFrame(false);
            f.peer.send(RawPeer.frame(true, MpaFrame.ENHANCED, 2, 8, 8, new byte[4]).slice(0, kept));
            f.peer.close();
            fails(HandshakeException.class);
            f.close();
        }
    }

    @Test
    @Tag("conformance-80")
    void aResponderThatSaysNothingTimesOut() throws Exception {
        asking(Map.of(), new ConnectOptions(null, 100, new byte[0], 4096, 4, 8, 8));
        f.peer.readFrame(false);
        fails(HandshakeTimeoutException.class);
        assertThat(f.peer.isClosedByOther()).isTrue();
    }

    @Test
    void aLocalAddressIsBound() throws Exception {
        asking(Map.of(), new ConnectOptions(new InetSocketAddress(InetAddress.getByName("127.0.0.7"), 0), 20_000, new byte[0], 4096,
                4, 8, 8));
        assertThat(f.peer.socket().getInetAddress().getHostAddress()).isEqualTo("127.0.0.7");
    }

    @Test
    void anUnresolvedNameFails() throws Exception {
        f = new RawPeerFixture();
        connected = f.connect(InetSocketAddress.createUnresolved("nowhere.invalid", 20049), RawPeerFixture.options(4, 8, 8));
        fails(java.net.UnknownHostException.class);
    }

    @Test
    void ipv6Works() throws Exception {
        f = new RawPeerFixture();
        InetAddress loopback = InetAddress.getByName("::1");
        org.junit.jupiter.api.Assumptions.assumeTrue(java.net.NetworkInterface.getByInetAddress(loopback) != null,
                "this machine has no ::1");
        try (ServerSocket server = new ServerSocket(0, 1, loopback)) {
            connected = f.connect(new InetSocketAddress(loopback, server.getLocalPort()), RawPeerFixture.options(4, 8, 8));
            f.peer = RawPeer.accept(server);
        }
        f.peer.respond(8, 8);
        talks();
    }

    @Test
    void aResponderThatOverlooksOurFirstFpduIsNudged() throws Exception {
        asking();
        f.peer.respond(8, 8);
        Endpoint.get(connected).postSend(RawPeerFixture.send(new byte[] {7}));
        assertThat(f.peer.readFpdu().opcode()).isEqualTo(RdmapOpcode.SEND);
        for (int i = 0; i < 2; i++) {
            RawPeer.Fpdu nudge = f.peer.readFpdu();
            assertThat(nudge.opcode()).isEqualTo(RdmapOpcode.RDMA_WRITE);
            assertThat(nudge.payload().capacity()).isZero();
            assertThat(nudge.crcRight()).isTrue();
        }
        f.peer.sendFpdu(RawPeer.sendMessage(1, new byte[] {8}));
        f.endpoint.message();
        long nudges = f.adapter.counters().get(IwarpCounter.NUDGES);
        f.queuePair().postSend(RawPeerFixture.send(new byte[] {9}));
        RawPeer.Fpdu next = f.peer.readFpdu();
        for (long i = 2; i < nudges; i++) {
            assertThat(next.opcode()).isEqualTo(RdmapOpcode.RDMA_WRITE);
            next = f.peer.readFpdu();
        }
        assertThat(next.opcode()).isEqualTo(RdmapOpcode.SEND);
    }
}
