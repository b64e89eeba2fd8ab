// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Small messages that leave about the same time leave in one write: on loopback a write costs more than all else that is done for one. */
class TogetherTest {

    private static final int REQUESTS = 8;

    private final RawPeerFixture f = new RawPeerFixture();

    @BeforeEach
    void connect() throws IOException {
        f.responding(RawPeerFixture.options(16, REQUESTS, REQUESTS));
    }

    @AfterEach
    void close() throws IOException {
        f.close();
    }

    private long count(IwarpCounter counter) {
        return f.adapter.counters().get(counter);
    }

    @Test
    void whatIsAskedForInOneReadIsAnsweredInOneWrite() throws Exception {
        Exposure source = f.expose(ByteBuffer.allocateDirect(1000), Access.REMOTE_READ);
        int msn = 1;
        long reads;
        int attempts = 0;
        do {
            assertThat(attempts++).as("attempts to have %s requests arrive at once", REQUESTS).isLessThan(100);
            ByteArrayOutputStream requests = new ByteArrayOutputStream();
            for (int i = 0; i < REQUESTS; i++) {
                requests.write(f.peer.fpdu(RawPeer.readRequest(msn++, 100 + i, 0, 10, source.stag(), source.offset())).array());
            }
            reads = count(IwarpCounter.SOCKET_READS);
            long writes = count(IwarpCounter.SOCKET_WRITES);
            long sent = count(IwarpCounter.FPDUS_SENT) + REQUESTS;
            f.peer.send(requests.toByteArray());
            for (int i = 0; i < REQUESTS; i++) {
                assertThat(f.peer.readFpdu().crcRight()).isTrue();
            }
            while (count(IwarpCounter.FPDUS_SENT) < sent) {
                // The count of a write follows the write.
                Thread.onSpinWait();
            }
            writes = count(IwarpCounter.SOCKET_WRITES) - writes;
            reads = count(IwarpCounter.SOCKET_READS) - reads;
            assertThat(writes).as("writes after %s reads", reads).isBetween(1L, reads);
        } while (reads != 1);
    }

    @Test
    void whatIsPostedAsOneOfManyInOneTurnOfTheLoopLeavesInOneWrite() throws Exception {
        CountDownLatch posted = new CountDownLatch(1);
        long writes = count(IwarpCounter.SOCKET_WRITES);
        f.queuePair().execute(() -> {
            for (int i = 0; i < REQUESTS; i++) {
                f.queuePair().postSendOfMany(RawPeerFixture.send(new byte[] {(byte) i}));
            }
            posted.countDown();
        });
        assertThat(posted.await(60, TimeUnit.SECONDS)).isTrue();
        for (int i = 0; i < REQUESTS; i++) {
            assertThat(f.peer.readFpdu().crcRight()).isTrue();
        }
        while (f.endpoint.sends.size() < REQUESTS) {
            Thread.onSpinWait();
        }
        assertThat(count(IwarpCounter.SOCKET_WRITES) - writes).isEqualTo(1);
    }

    @Test
    void smallDataLeavesTogetherWithItsMessages() throws Exception {
        assertThat(writesOfChains(4000)).as("messages with 4,000 bytes of data each").isEqualTo(1);
    }

    @Test
    void bulkDataIsItsPostersOwnWork() throws Exception {
        assertThat(writesOfChains(9000)).as("messages with 9,000 bytes of data each").isEqualTo(REQUESTS);
    }

    /** Writes to the socket for chains of an RDMA Write and a Send, all posted in one turn of the loop. */
    private long writesOfChains(int bytes) throws Exception {
        long writes = count(IwarpCounter.SOCKET_WRITES);
        f.queuePair().execute(() -> {
            for (int i = 0; i < REQUESTS; i++) {
                WorkRequest send = RawPeerFixture.send(new byte[] {(byte) i});
                f.queuePair().postSendOfMany(new WorkRequest().write(1, 0).add(ByteBuffer.allocateDirect(bytes)).next(send));
            }
        });
        for (int i = 0; i < 2 * REQUESTS; i++) {
            assertThat(f.peer.readFpdu().crcRight()).isTrue();
        }
        while (f.endpoint.sends.size() < REQUESTS) {
            Thread.onSpinWait();
        }
        return count(IwarpCounter.SOCKET_WRITES) - writes;
    }

    /** To a peer that takes all of it at once, as far as it can be had to: the loop comes back to it, and all of it arrives. */
    @Test
    void theLoopLeavesOffSendingForItsOtherConnectionsAndThenGoesOn() throws Exception {
        int chains = 32;
        ByteBuffer data = ByteBuffer.allocateDirect(1 << 20);
        f.peer.socket().setSoTimeout(0);
        Thread reader = new Thread(this::discardAll, "reads all");
        reader.start();
        int rounds = 0;
        long left = count(IwarpCounter.WRITE_TURNS);
        do {
            assertThat(rounds++).as("rounds of %s MiB for the loop to leave off", chains).isLessThan(200);
            int sent = f.endpoint.sends.size() + chains;
            f.queuePair().execute(() -> {
                WorkRequest chain = null;
                for (int i = 0; i < chains; i++) {
                    chain = new WorkRequest().write(1, 0).add(data.duplicate()).next(RawPeerFixture.send(new byte[1]).next(chain));
                }
                f.queuePair().postSend(chain);
            });
            while (f.endpoint.sends.size() < sent) {
                Thread.sleep(1);
            }
        } while (count(IwarpCounter.WRITE_TURNS) == left);
        f.close();
        reader.join();
    }

    private void discardAll() {
        byte[] bytes = new byte[4 << 20];
        try {
            int n;
            do {
                n = f.peer.socket().getInputStream().read(bytes);
            } while (n >= 0);
        } catch (IOException e) {
            // The connection was aborted.
        }
    }

    @Test
    void theSendOfAReplyRidesInTheBatchOfItsMebibyteOfWrites() throws Exception {
        long batches = batches();
        WorkRequest chain = RawPeerFixture.send(new byte[100]);
        for (int segment = 0; segment < 4; segment++) {
            chain = new WorkRequest().write(1, 0).add(ByteBuffer.allocateDirect(256 << 10)).next(chain);
        }
        f.queuePair().postSend(chain);
        while (f.peer.readFpdu().opcode() != RdmapOpcode.SEND) {
            // A Write.
        }
        while (f.endpoint.sends.isEmpty()) {
            Thread.onSpinWait();
        }
        assertThat(batches() - batches).isEqualTo(1);
    }

    /** Gathering writes that offered something new: who was not done with one offers the rest. */
    private long batches() {
        return count(IwarpCounter.SOCKET_WRITES) - count(IwarpCounter.WRITE_STALLS);
    }

    @Test
    void aMessageThatIsTheOnlyOneLeavesWithoutTheLoop() throws Exception {
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        f.queuePair().execute(() -> {
            blocked.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        assertThat(blocked.await(60, TimeUnit.SECONDS)).isTrue();
        f.queuePair().postSend(RawPeerFixture.send(new byte[] {1}));
        assertThat(f.peer.readFpdu().crcRight()).isTrue();
        go.countDown();
    }
}
