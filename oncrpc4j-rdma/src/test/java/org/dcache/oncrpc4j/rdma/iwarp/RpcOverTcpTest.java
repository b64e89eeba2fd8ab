// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.iwarp.loop.LingeringSocket;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients of RPC over TCP that come to a port where RDMA alone is served. */
@Timeout(60)
class RpcOverTcpTest {

    private static final byte[] CALL = ByteBuffer.allocate(44).putInt(0x80000000 | 40).putInt(4711).putInt(0).putInt(2).putInt(100003)
            .putInt(3).array();

    private final List<RawPeer> peers = new ArrayList<>();
    private RawPeerFixture f;

    private void listening(String... settings) throws IOException {
        f = new RawPeerFixture(Map.of(settings[0], settings[1])).listening(RawPeerFixture.options(4, 8, 8));
    }

    private RawPeer caller() throws IOException {
        RawPeer peer = RawPeer.connect(f.address());
        peers.add(peer);
        peer.send(CALL);
        return peer;
    }

    private long counted() {
        return f.adapter.counters().get(IwarpCounter.RPC_OVER_TCP);
    }

    private void awaitCounted(int number) {
        while (counted() < number) {
            Thread.onSpinWait();
        }
    }

    private static void expectOrderlyEnd(RawPeer peer) throws IOException {
        assertThat(peer.socket().getInputStream().read()).as("the end, not a reset").isEqualTo(-1);
    }

    @AfterEach
    void close() throws Exception {
        for (RawPeer peer : peers) {
            peer.close();
        }
        f.close();
    }

    @Test
    void oneIsHeldWithoutAnAnswerUntilItsListenerCloses() throws Exception {
        listening("oncrpc.rdma.handshake-timeout", "60m");
        RawPeer peer = caller();
        awaitHeld(1);
        peer.send(CALL);
        assertThat(f.adapter.counters().get(IwarpCounter.HANDSHAKE_BAD_KEY)).isZero();
        f.closeListener();
        expectOrderlyEnd(peer);
    }

    @Test
    void itsTimeIsThatOfAHandshake() throws Exception {
        listening("oncrpc.rdma.handshake-timeout", "200ms");
        expectOrderlyEnd(caller());
        assertThat(counted()).isEqualTo(1);
    }

    @Test
    void aCallIsKnownWhereverItIsCut() throws Exception {
        listening("oncrpc.rdma.handshake-timeout", "60m");
        for (int cut = 1; cut < 16; cut++) {
            RawPeer peer = RawPeer.connect(f.address());
            peers.add(peer);
            peer.socket().getOutputStream().write(CALL, 0, cut);
            Thread.sleep(20);
            peer.socket().getOutputStream().write(CALL, cut, CALL.length - cut);
            awaitCounted(cut);
        }
        assertThat(f.adapter.counters().get(IwarpCounter.HANDSHAKE_BAD_KEY)).isZero();
    }

    @Test
    void whatIsNoCallIsClosedAtOnce() throws Exception {
        listening("oncrpc.rdma.handshake-timeout", "60m");
        byte[][] others = {
            ByteBuffer.wrap(CALL.clone()).putInt(0, 0x80000000 | 39).array(), ByteBuffer.wrap(CALL.clone()).putInt(0, 40).array(),
            ByteBuffer.wrap(CALL.clone()).putInt(8, 1).array(), ByteBuffer.wrap(CALL.clone()).putInt(12, 3).array(),
            ByteBuffer.wrap(CALL.clone()).putInt(0, 0x81000000 | 40).array()
        };
        for (byte[] other : others) {
            RawPeer peer = RawPeer.connect(f.address());
            peers.add(peer);
            peer.socket().getOutputStream().write(other, 0, 3);
            Thread.sleep(20);
            peer.socket().getOutputStream().write(other, 3, other.length - 3);
            assertThat(peer.isClosedByOther()).isTrue();
        }
        assertThat(counted()).isZero();
        assertThat(f.adapter.counters().get(IwarpCounter.HANDSHAKE_BAD_KEY)).isEqualTo(others.length);
    }

    @Test
    void aCrowdIsBoundedAndRdmaClientsDoNotWaitForIt() throws Exception {
        listening("oncrpc.rdma.handshakes", "3");
        for (int i = 1; i <= 3; i++) {
            caller();
            awaitHeld(i);
        }
        for (int i = 4; i <= 40; i++) {
            assertThat(caller().isClosedByOther()).as("one too many").isTrue();
        }
        assertThat(counted()).isEqualTo(40);
        f.peer.initiate(8, 8);
        f.peer.sendFpdu(RawPeer.sendMessage(1, new byte[] {42}));
        assertThat(f.endpoint.message().data()).containsExactly(42);

        peers.get(0).close();
        awaitHeld(2);
        caller();
        awaitHeld(3);
    }

    private void awaitHeld(int number) {
        while (f.adapter.resources().members().now().stream().filter(LingeringSocket.class::isInstance).count() != number) {
            Thread.onSpinWait();
        }
    }
}
