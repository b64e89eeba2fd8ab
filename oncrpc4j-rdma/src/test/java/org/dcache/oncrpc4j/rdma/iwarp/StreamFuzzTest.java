// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.fuzz.Corpus;
import org.dcache.oncrpc4j.rdma.fuzz.FuzzTarget;
import org.dcache.oncrpc4j.rdma.fuzz.Fuzzer;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.stream.ReceiveSideFeed;
import org.dcache.oncrpc4j.rdma.iwarp.wire.DdpHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.iwarp.wire.ReadRequestHeader;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerTerminatedException;
import org.dcache.oncrpc4j.rdma.verbs.error.ProtocolViolationException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Whole connections: FPDUs made of good ones, which mostly have the right sequence number, STag and offset so that they get far, in pieces.
 * The stream goes on or ends in a way that is defined, and no byte beside the exposed memory changes. And a good stream, cut at every
 * place.
 */
@Timeout(3600)
@Tag("conformance-45")
class StreamFuzzTest {

    private static final int EXPOSED = 4096;
    private static final int GUARD = 1024;
    private static final byte UNTOUCHED = 0x5a;

    /** Takes the place of a connection that ended. */
    private static final class Connections implements FuzzTarget, AutoCloseable {
        private final ByteBuffer memory = ByteBuffer.allocateDirect(GUARD + EXPOSED + GUARD);
        private RawPeerFixture f;
        private Exposure written;
        private Exposure read;
        private int sequence;

        private void connect() throws IOException {
            f = new RawPeerFixture(Map.of("oncrpc.rdma.iwarp.crc", "off"));
            f.listening(RawPeerFixture.options(1 << 20, 4, 4));
            f.peer.crc = false;
            f.peer.initiate(128, 128);
            f.peer.sendFpdu(RawPeer.sendMessage(1, new byte[0]));
            f.endpoint.message();
            for (int i = 0; i < memory.capacity(); i++) {
                memory.put(i, UNTOUCHED);
            }
            written = f.expose(memory.slice(GUARD, EXPOSED), Access.REMOTE_WRITE);
            read = f.expose(ByteBuffer.allocateDirect(EXPOSED), Access.REMOTE_READ);
            sequence = 2;
        }

        /** What is in the input decides how much of it is put right. */
        private byte[] putRight(byte[] data, int length) {
            byte[] fpdu = Arrays.copyOf(data, Math.max(length, 20));
            ByteBuffer b = ByteBuffer.wrap(fpdu);
            // Of the input alone: what is put right has random numbers in it.
            int hash = Arrays.hashCode(fpdu);
            int luck = hash >>> 7 & 15;
            int control = DdpHeader.control(b, 2);
            if (luck > 1) {
                // A length that ends with these bytes: pad and CRC are the last of them.
                int ulpdu = fpdu.length - 2 - 4 & ~3;
                FpduLayout.putUlpduLength(b, 0, Math.max(0, ulpdu - 2));
                fpdu = Arrays.copyOf(fpdu, FpduLayout.fpduLength(Math.max(0, ulpdu - 2)));
                b = ByteBuffer.wrap(fpdu);
            }
            if (luck > 2 && !DdpHeader.isTagged(control) && fpdu.length >= 20) {
                b.putInt(2 + DdpHeader.OFFSET_MSN, DdpHeader.opcode(control) == RdmapOpcode.READ_REQUEST.wire() ? 1 : sequence);
                if (fpdu.length >= 2 + 18 + 28 && DdpHeader.opcode(control) == RdmapOpcode.READ_REQUEST.wire()) {
                    b.putInt(20 + ReadRequestHeader.OFFSET_SOURCE_STAG, read.stag());
                    long low = b.getLong(20 + ReadRequestHeader.OFFSET_SOURCE_OFFSET) & 0x1fff;
                    b.putLong(20 + ReadRequestHeader.OFFSET_SOURCE_OFFSET, read.offset() + low - 0x800);
                }
            }
            if (luck > 2 && DdpHeader.isTagged(control)) {
                b.putInt(2 + DdpHeader.OFFSET_STAG, written.stag());
                // Linux's offsets are those of pages; others too, around both ends of the memory.
                long low = (b.getLong(2 + DdpHeader.OFFSET_TAGGED_OFFSET) ^ hash) & 0x1fff;
                b.putLong(2 + DdpHeader.OFFSET_TAGGED_OFFSET, written.offset() + low - 0x400);
            }
            return fpdu;
        }

        @Override
        public void run(byte[] data, int length) throws Exception {
            if (f == null) {
                connect();
            }
            byte[] fpdu = putRight(data, length);
            ReceiveSideFeed.feed(f.queuePair(), fpdu, piece -> 1 + (length * 31 & 0x7f));
            for (int i = 0; i < GUARD; i++) {
                if (memory.get(i) != UNTOUCHED || memory.get(GUARD + EXPOSED + i) != UNTOUCHED) {
                    throw new AssertionError("a byte beside the exposed memory has changed");
                }
            }
            if (f.adapter.counters().get(IwarpCounter.HANDLER_FAILED) != 0) {
                throw new AssertionError("our own code failed");
            }
            if (!f.queuePair().isOpen()) {
                assertThat(f.endpoint.end()).isInstanceOfAny(ProtocolViolationException.class, PeerTerminatedException.class);
                close();
            } else if (!ReceiveSideFeed.isBetweenFpdus(f.queuePair())) {
                // Half an FPDU: the next input would only be its rest.
                close();
            } else {
                sequence += f.endpoint.messages.size();
                f.endpoint.messages.clear();
                if (DdpHeader.opcode(DdpHeader.control(ByteBuffer.wrap(fpdu), 2)) == RdmapOpcode.READ_REQUEST.wire()) {
                    // Nobody reads the response here, so it was the last input for this connection.
                    close();
                }
            }
        }

        @Override
        public void close() throws IOException {
            if (f != null) {
                f.close();
                f = null;
            }
        }
    }

    @Test
    @Tag("conformance-98")
    void fpdusOnConnections() throws Exception {
        try (Connections connections = new Connections()) {
            Fuzzer.run("FPDU on a connection", Corpus.read(Fuzzer.class, "frames.txt", "fpdu"), 400, 900, connections);
        }
    }

    /** Two messages, one in two segments, and two Writes: all of it in one piece, cut at each place, and with -Pfuzz at each two places. */
    @Test
    @Tag("conformance-82")
    void aGoodStreamCutAtEveryPlace() throws Exception {
        try (RawPeerFixture f = new RawPeerFixture().responding(RawPeerFixture.options(1 << 20, 4, 4))) {
            ByteBuffer memory = ByteBuffer.allocateDirect(64);
            Exposure target = f.expose(memory, Access.REMOTE_WRITE);
            int msn = 2;
            byte[] stream = stream(f, target, msn);
            for (int first = 1; first < stream.length; first++) {
                int seconds = Integer.getInteger("fuzz.times", 1) > 1 ? stream.length - first : 1;
                for (int second = 1; second <= seconds; second++) {
                    memory.putLong(0, 0).putInt(40, 0);
                    int[] pieces = {first, second, stream.length};
                    ReceiveSideFeed.feed(f.queuePair(), stream(f, target, msn), piece -> pieces[piece]);
                    assertThat(f.endpoint.message().data()).isEqualTo(new byte[] {1, 2, 3, 4, 5});
                    assertThat(f.endpoint.message().data()).isEqualTo(new byte[] {6, 7, 8});
                    assertThat(memory.getLong(0)).isEqualTo(0x0102030405060708L);
                    assertThat(memory.get(40)).isEqualTo((byte) 9);
                    msn += 2;
                }
            }
            assertThat(f.queuePair().isOpen()).isTrue();
        }
    }

    private static byte[] stream(RawPeerFixture f, Exposure target, int msn) {
        ByteBuffer all = ByteBuffer.allocate(400);
        all.put(f.peer.fpdu(RawPeer.untagged(RdmapOpcode.SEND, false, 0, msn, 0, new byte[] {1, 2})).clear());
        all.put(f.peer.fpdu(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, target.stag(), target.offset(),
                new byte[] {1, 2, 3, 4, 5, 6, 7, 8})).clear());
        all.put(f.peer.fpdu(RawPeer.untagged(RdmapOpcode.SEND, true, 0, msn, 2, new byte[] {3, 4, 5})).clear());
        all.put(f.peer.fpdu(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, target.stag(), target.offset() + 40, new byte[] {9})).clear());
        all.put(f.peer.fpdu(RawPeer.untagged(RdmapOpcode.SEND, true, 0, msn + 1, 0, new byte[] {6, 7, 8})).clear());
        return Arrays.copyOf(all.array(), all.position());
    }
}
