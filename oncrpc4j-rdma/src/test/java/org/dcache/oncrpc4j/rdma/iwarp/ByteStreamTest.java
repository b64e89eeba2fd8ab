// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.stream.ReceiveSideFeed;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerTerminatedException;
import org.dcache.oncrpc4j.rdma.verbs.error.ProtocolViolationException;

/** The stream is a stream: how it is cut into pieces changes nothing, and no bytes at all can make the loop fail. */
class ByteStreamTest {

    private static final int MESSAGES = 12;
    private static final int WRITTEN = 70_000;

    /** What a random stream should lead to. */
    private static final class Script {
        final List<byte[]> messages = new ArrayList<>();
        final byte[] memory = new byte[WRITTEN];
        final List<ByteBuffer> fpdus = new ArrayList<>();

        Script(RawPeer codec, Exposure target, long seed) {
            Random random = new Random(seed);
            for (int i = 0; i < MESSAGES; i++) {
                if (random.nextBoolean()) {
                    byte[] data = bytes(random, random.nextInt(random.nextBoolean() ? 40 : 20_000));
                    int at = random.nextInt(WRITTEN - data.length);
                    fpdus.add(codec.fpdu(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, random.nextBoolean(), target.stag(),
                            target.offset() + at, data)));
                    System.arraycopy(data, 0, memory, at, data.length);
                }
                byte[] message = bytes(random, random.nextInt(random.nextBoolean() ? 10 : RawPeerFixture.RECEIVE_SIZE));
                messages.add(message);
                int at = 0;
                while (true) {
                    int n = random.nextInt(message.length - at + 1);
                    boolean last = at + n == message.length;
                    fpdus.add(codec.fpdu(RawPeer.untagged(RdmapOpcode.SEND, last, 0, 2 + i, at, slice(message, at, n))));
                    at += n;
                    if (last) {
                        break;
                    }
                }
            }
        }

        byte[] stream() {
            int length = fpdus.stream().mapToInt(ByteBuffer::capacity).sum();
            ByteBuffer all = ByteBuffer.allocate(length);
            fpdus.forEach(f -> all.put(f.clear()));
            return all.array();
        }

        private static byte[] bytes(Random random, int length) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            return bytes;
        }

        private static byte[] slice(byte[] bytes, int at, int length) {
            return java.util.Arrays.copyOfRange(bytes, at, at + length);
        }
    }

    private static void feed(RawPeerFixture f, byte[] stream, long seed, int largest) {
        Random random = new Random(seed);
        ReceiveSideFeed.feed(f.queuePair(), stream, piece -> 1 + random.nextInt(largest));
    }

    @Property(tries = 60)
    @Tag("conformance-82")
    @Tag("conformance-86")
    @Tag("conformance-96")
    void anySplitGivesTheSameDelivery(@ForAll long seed, @ForAll @IntRange(min = 1, max = 30_000) int largest) throws Exception {
        try (RawPeerFixture f = new RawPeerFixture().responding(RawPeerFixture.options(MESSAGES + 1, 4, 4))) {
            ByteBuffer memory = ByteBuffer.allocateDirect(WRITTEN);
            Script script = new Script(f.peer, f.expose(memory, Access.REMOTE_WRITE), seed);
            feed(f, script.stream(), seed, largest);
            for (byte[] message : script.messages) {
                assertThat(f.endpoint.message().data()).isEqualTo(message);
            }
            assertThat(memory).isEqualTo(ByteBuffer.wrap(script.memory));
            assertThat(f.queuePair().isOpen()).isTrue();
        }
    }

    @Property(tries = 150)
    @Tag("conformance-98")
    void garbageEndsInADefinedWay(@ForAll long seed, @ForAll @IntRange(min = 1, max = 2000) int largest, @ForAll boolean crc)
            throws Exception {
        try (RawPeerFixture f = new RawPeerFixture(Map.of("oncrpc.rdma.iwarp.crc", crc ? "on" : "off"))) {
            f.listening(RawPeerFixture.options(MESSAGES + 1, 4, 4));
            f.peer.crc = crc;
            f.peer.initiate(8, 8);
            f.peer.sendFpdu(RawPeer.sendMessage(1, new byte[0]));
            f.endpoint.message();
            Random random = new Random(seed);
            byte[] stream;
            if (random.nextInt(4) == 0) {
                stream = new byte[5000];
                random.nextBytes(stream);
            } else {
                Script script = new Script(f.peer, f.expose(ByteBuffer.allocateDirect(WRITTEN), Access.REMOTE_WRITE), seed);
                stream = script.stream();
                for (int i = random.nextInt(4); i >= 0; i--) {
                    // Mostly near the start, where the headers are.
                    stream[random.nextInt(Math.min(stream.length, 1 << 4 + random.nextInt(12)))] ^= (byte) (1 << random.nextInt(8));
                }
            }
            feed(f, stream, seed, largest);
            if (!f.queuePair().isOpen()) {
                assertThat(f.endpoint.end()).isInstanceOfAny(ProtocolViolationException.class, PeerTerminatedException.class);
            }
            assertThat(f.adapter.counters().get(IwarpCounter.HANDLER_FAILED)).isZero();
        }
    }
}
