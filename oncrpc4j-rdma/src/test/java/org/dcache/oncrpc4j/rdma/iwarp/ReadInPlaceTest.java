// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.iwarp.wire.TerminateCode;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.error.ProtocolViolationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Long messages that come over a socket in pieces of any size, so that parts of them are read straight into their place and parts through
 * the staging buffer: every byte lands where it belongs, once, and the CRC covers both.
 */
class ReadInPlaceTest {

    private static final int SEGMENT = 60_000;

    private final RawPeerFixture f = new RawPeerFixture();
    private final Random random = new Random(42);

    @AfterEach
    void close() throws Exception {
        f.close();
    }

    private byte[] bytes(int length) {
        byte[] data = new byte[length];
        random.nextBytes(data);
        return data;
    }

    /** A Write of this content as FPDUs of at most {@link #SEGMENT} bytes of payload. */
    private void putWrite(ByteBuffer stream, Exposure target, byte[] content) {
        for (int at = 0; at < content.length; at += SEGMENT) {
            int n = Math.min(SEGMENT, content.length - at);
            stream.put(f.peer.fpdu(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, at + n == content.length, target.stag(), target.offset() + at,
                    Arrays.copyOfRange(content, at, at + n))).clear());
        }
    }

    /** Sends the first bytes of the stream in pieces; each piece is there before the next leaves. */
    private void send(ByteBuffer stream, int... pieces) throws Exception {
        byte[] all = Arrays.copyOf(stream.array(), stream.position());
        for (int at = 0, i = 0; at < all.length; i++) {
            int n = Math.min(all.length - at, pieces[i % pieces.length]);
            long before = f.adapter.counters().get(IwarpCounter.BYTES_RECEIVED);
            f.peer.send(Arrays.copyOfRange(all, at, at + n));
            at += n;
            while (f.adapter.counters().get(IwarpCounter.BYTES_RECEIVED) < before + n && f.queuePair().isOpen()) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    @Tag("conformance-82")
    void aLongWriteLandsWholeHoweverItIsCut() throws Exception {
        f.responding(RawPeerFixture.options(1000, 4, 4));
        ByteBuffer memory = ByteBuffer.allocateDirect(400_000);
        Exposure target = f.expose(memory, Access.REMOTE_WRITE);
        int msn = 2;
        int[][] cuts = {{1 << 20}, {30_000}, {20_000, 100_000}, {SEGMENT + 20}, {SEGMENT + 21}, {SEGMENT + 19, 1}, {70_000, 3, 55_000, 11},
                {8191}};
        for (int[] cut : cuts) {
            for (int length : new int[] {SEGMENT, SEGMENT + 1, 5 * SEGMENT + 777}) {
                byte[] content = bytes(length);
                byte[] words = bytes(40);
                ByteBuffer stream = ByteBuffer.allocate(2 * length + 4000);
                putWrite(stream, target, content);
                stream.put(f.peer.fpdu(RawPeer.sendMessage(msn++, words)).clear());
                stream.put(f.peer.fpdu(RawPeer.sendMessage(msn++, new byte[] {1})).clear());
                send(stream, cut);
                assertThat(f.endpoint.message().data()).isEqualTo(words);
                assertThat(f.endpoint.message().data()).isEqualTo(new byte[] {1});
                byte[] landed = new byte[length];
                memory.get(0, landed);
                assertThat(landed).as("cut at %s", Arrays.toString(cut)).isEqualTo(content);
            }
        }
        assertThat(f.queuePair().isOpen()).isTrue();
    }

    @Test
    void payloadReadInPlaceIsNotCopied() throws Exception {
        f.responding();
        Exposure target = f.expose(ByteBuffer.allocateDirect(400_000), Access.REMOTE_WRITE);
        ByteBuffer stream = ByteBuffer.allocate(400_000);
        putWrite(stream, target, bytes(5 * SEGMENT));
        long before = f.adapter.counters().get(IwarpCounter.BYTES_COPIED_IN);
        send(stream, 100, SEGMENT);
        assertThat(f.adapter.counters().get(IwarpCounter.BYTES_COPIED_IN) - before).isLessThan(5 * 4096);
    }

    @Test
    @Tag("conformance-84")
    void theCrcCoversWhatWasReadInPlaceAndWhatWasNot() throws Exception {
        f.responding();
        Exposure target = f.expose(ByteBuffer.allocateDirect(100_000), Access.REMOTE_WRITE);
        ByteBuffer stream = ByteBuffer.allocate(400_000);
        putWrite(stream, target, bytes(SEGMENT));
        stream.put(50_000, (byte) ~stream.get(50_000));
        send(stream, 10_000, 60_000);
        assertThat(f.endpoint.end()).isInstanceOfSatisfying(ProtocolViolationException.class,
                e -> assertThat(e.code()).isEqualTo(TerminateCode.CRC_ERROR.code()));
        assertThat(f.adapter.counters().get(TerminateCode.CRC_ERROR)).isEqualTo(1);
    }
}
