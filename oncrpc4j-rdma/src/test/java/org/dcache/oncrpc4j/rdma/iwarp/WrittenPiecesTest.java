// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Random;
import org.dcache.oncrpc4j.rdma.iwarp.memory.WrittenPieces;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.junit.jupiter.api.Test;

/** What is known of an exposure's bytes is what a bit for each of them would say. */
class WrittenPiecesTest {

    private static final int SIZE = 3000;

    @Test
    void whateverTheOrderThePrefixIsRight() {
        for (int seed = 0; seed < 2000; seed++) {
            Random random = new Random(seed);
            WrittenPieces pieces = new WrittenPieces();
            BitSet bits = new BitSet();
            int prefix = 0;
            for (int i = 0; i < 60; i++) {
                int from = random.nextInt(SIZE);
                int to = from + 1 + random.nextInt(random.nextBoolean() ? 20 : 300);
                bits.set(from, to);
                if (from > prefix) {
                    pieces.add(from, to);
                } else {
                    prefix = pieces.join(Math.max(prefix, to));
                }
                assertThat(prefix).as("seed %d, step %d", seed, i).isEqualTo(bits.nextClearBit(0));
            }
        }
    }

    @Test
    void whatIsHeldIsBounded() {
        WrittenPieces pieces = new WrittenPieces();
        for (int i = 1; i <= WrittenPieces.MAX + 10; i++) {
            pieces.add(2 * i, 2 * i + 1);
        }
        int noted = 0;
        while (pieces.join(2 * (noted + 1)) == 2 * (noted + 1) + 1) {
            noted++;
        }
        assertThat(noted).as("what was not noted counts as not written").isEqualTo(WrittenPieces.MAX);
    }

    @Test
    void theExposureKnowsWhatThePeerWrote() throws Exception {
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            ByteBuffer memory = ByteBuffer.allocateDirect(1000);
            Exposure exposure = f.expose(memory, Access.REMOTE_WRITE);
            assertThat(exposure.written()).isZero();
            write(f, exposure, 0, 100);
            write(f, exposure, 300, 100);
            write(f, exposure, 150, 50);
            assertThat(written(f, exposure)).isEqualTo(100);
            write(f, exposure, 100, 50);
            assertThat(written(f, exposure)).isEqualTo(200);
            write(f, exposure, 50, 900);
            assertThat(written(f, exposure)).isEqualTo(950);
            write(f, exposure, 0, 1000);
            assertThat(written(f, exposure)).isEqualTo(1000);
        }
    }

    private int sent = 1;

    private static void write(RawPeerFixture f, Exposure exposure, int at, int n) throws Exception {
        f.peer.sendFpdu(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, exposure.stag(), exposure.offset() + at, new byte[n]));
    }

    /** Behind a message, by which all before it was placed. */
    private int written(RawPeerFixture f, Exposure exposure) throws Exception {
        f.peer.sendFpdu(RawPeer.sendMessage(++sent, new byte[4]));
        f.endpoint.message();
        return exposure.written();
    }
}
