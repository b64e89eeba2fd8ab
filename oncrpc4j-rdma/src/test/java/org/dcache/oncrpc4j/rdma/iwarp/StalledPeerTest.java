// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.verbs.Endpoint;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerStalledException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A peer that says something now and then, and does not go on with what it has begun, may not keep what all share for ever. The test is
 * the clock of the periodic look. And what others do meanwhile is none of the thread that writes.
 */
@Timeout(60)
class StalledPeerTest {

    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(120);
    private static final int SIZE = 1 << 20;
    /** More than sockets hold. */
    private static final int WRITES = 100;

    private static void begin(RawPeerFixture f, int msn) throws Exception {
        f.peer.sendFpdu(RawPeer.untagged(RdmapOpcode.SEND, false, 0, msn, 0, new byte[4]));
        // It has come when something behind it is answered.
        f.peer.sendFpdu(RawPeer.readRequest(msn - 1, 7, 0, 0, 0, 0));
        assertThat(f.peer.readFpdu().opcode()).isEqualTo(RdmapOpcode.READ_RESPONSE);
    }

    private static void end(RawPeerFixture f, int msn) throws Exception {
        f.peer.sendFpdu(RawPeer.untagged(RdmapOpcode.SEND, true, 0, msn, 4, new byte[4]));
        assertThat(f.endpoint.message().data()).hasSize(8);
    }

    @Test
    void aMessageWhoseRestDoesNotComeEndsItsConnection() throws Exception {
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            begin(f, 2);
            f.queuePair().patrol(0, PATIENCE);
            f.queuePair().patrol(PATIENCE, PATIENCE);
            assertThat(f.queuePair().isOpen()).isTrue();
            f.queuePair().patrol(PATIENCE + 1, PATIENCE);
            assertThat(f.endpoint.end()).isInstanceOf(PeerStalledException.class).hasMessageContaining("oncrpc.rdma.keepalive");
            assertThat(f.adapter.counters().get(IwarpCounter.MESSAGE_NOT_FINISHED)).isEqualTo(1);
        }
    }

    @Test
    void theRestOfAMessageOfOneSegmentHasToComeToo() throws Exception {
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            ByteBuffer whole = f.peer.fpdu(RawPeer.sendMessage(2, new byte[RawPeerFixture.RECEIVE_SIZE]));
            f.peer.send(Arrays.copyOf(whole.array(), 64));
            for (long now = 0; f.queuePair().isOpen(); now += PATIENCE + 1) {
                f.queuePair().patrol(now, PATIENCE);
                Thread.sleep(1);
            }
            assertThat(f.endpoint.end()).isInstanceOf(PeerStalledException.class);
            assertThat(f.adapter.counters().get(IwarpCounter.MESSAGE_NOT_FINISHED)).isEqualTo(1);
        }
    }

    @Test
    void eachMessageHasItsOwnTime() throws Exception {
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            begin(f, 2);
            f.queuePair().patrol(0, PATIENCE);
            end(f, 2);
            f.queuePair().patrol(PATIENCE + 1, PATIENCE);
            f.peer.sendFpdu(RawPeer.untagged(RdmapOpcode.SEND, false, 0, 3, 0, new byte[4]));
            f.peer.sendFpdu(RawPeer.readRequest(2, 7, 0, 0, 0, 0));
            f.peer.readFpdu();
            f.queuePair().patrol(PATIENCE + 2, PATIENCE);
            f.queuePair().patrol(2 * PATIENCE + 2, PATIENCE);
            end(f, 3);
            assertThat(f.queuePair().isOpen()).isTrue();
        }
    }

    @Test
    void aPeerThatTakesNothingIsEnded() throws Exception {
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            postMoreThanSocketsHold(f);
            // While sockets still take some the time begins anew.
            for (long now = 0; f.queuePair().isOpen(); now += PATIENCE + 1) {
                f.queuePair().patrol(now, PATIENCE);
                Thread.sleep(1);
            }
            assertThat(f.endpoint.end()).isInstanceOf(PeerStalledException.class);
            assertThat(f.adapter.counters().get(IwarpCounter.OUTPUT_NOT_TAKEN)).isEqualTo(1);
        }
    }

    @Test
    void oneThatTakesALittleIsNot() throws Exception {
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            postMoreThanSocketsHold(f);
            long now = 0;
            f.queuePair().patrol(now, PATIENCE);
            int before = f.endpoint.sends.size();
            while (f.endpoint.sends.size() == before) {
                f.peer.readFpdu();
            }
            f.queuePair().patrol(now + PATIENCE + 1, PATIENCE);
            assertThat(f.queuePair().isOpen()).isTrue();
        }
    }

    /** An executor may run there what it is given, and a listener of a program there would wait for a call that nobody sends. */
    @Test
    void whoHearsThatAMessageHasLeftInTheThreadThatWritesFindsItToBeALoop() throws Exception {
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            CompletableFuture<Thread> told = new CompletableFuture<>();
            CompletableFuture<Boolean> inLoop = new CompletableFuture<>();
            f.endpoint.whenSent = () -> {
                told.complete(Thread.currentThread());
                inLoop.complete(HelperThread.isLoop());
            };
            f.queuePair().postSend(RawPeerFixture.send(new byte[4]));
            assertThat(Endpoint.get(told)).isSameAs(Thread.currentThread());
            assertThat(Endpoint.get(inLoop)).isTrue();
            assertThat(HelperThread.isLoop()).isFalse();
        }
    }

    private static void postMoreThanSocketsHold(RawPeerFixture f) {
        ByteBuffer memory = ByteBuffer.allocateDirect(SIZE);
        for (int i = 0; i < WRITES; i++) {
            f.queuePair().postSend(new WorkRequest().write(5, 0).add(memory.slice(0, SIZE)).signaled(true));
        }
        assertThat(f.endpoint.sends).hasSizeLessThan(WRITES);
    }
}
