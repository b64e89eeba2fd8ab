// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;

/** Laws of the codec over all headers, and over all bytes that a peer may send. */
class RdmaHeaderPropertiesTest {

    private static final int MAX_SEGMENTS = 64;

    private final RdmaHeader header = new RdmaHeader();

    @Property
    @Tag("conformance-14")
    void whatIsEncodedDecodesToTheSameBytes(@ForAll("headers") byte[] encoded) throws Exception {
        assertThat(header.decode(ByteBuffer.wrap(encoded), MAX_SEGMENTS)).isEqualTo(encoded.length);
        assertThat(encode(header)).isEqualTo(encoded);
    }

    @Property
    @Tag("conformance-31")
    void everyPrefixOfAHeaderIsRefused(@ForAll("headers") byte[] encoded, @ForAll Random random) {
        byte[] prefix = Arrays.copyOf(encoded, random.nextInt(encoded.length));
        assertThat(decodes(prefix)).isFalse();
    }

    @Property(tries = 5000)
    @Tag("conformance-31")
    void anyBytesDecodeToTheSameBytesOrAreRefused(@ForAll byte[] bytes) {
        check(bytes);
    }

    @Property(tries = 5000)
    @Tag("conformance-31")
    void damagedHeadersDecodeToTheSameBytesOrAreRefused(@ForAll("headers") byte[] encoded, @ForAll Random random) {
        byte[] damaged = encoded.clone();
        for (int i = random.nextInt(4); i >= 0; i--) {
            int at = random.nextInt(damaged.length);
            damaged[at] = random.nextBoolean() ? (byte) random.nextInt() : (byte) (damaged[at] ^ 1 << random.nextInt(8));
        }
        check(damaged);
    }

    @Property(tries = 5000)
    @Tag("conformance-31")
    void plausibleWordsDecodeToTheSameBytesOrAreRefused(@ForAll("words") int[] words) {
        ByteBuffer message = ByteBuffer.allocate((words.length + 4) * 4).putInt(7).putInt(1).putInt(1);
        message.putInt(words.length == 0 ? 0 : words[0] & 1);
        for (int word : words) {
            message.putInt(word);
        }
        check(message.array());
    }

    @Provide
    Arbitrary<int[]> words() {
        return Arbitraries.frequencyOf(
                        net.jqwik.api.Tuple.of(4, Arbitraries.of(0, 1)),
                        net.jqwik.api.Tuple.of(2, Arbitraries.integers().between(0, 5)),
                        net.jqwik.api.Tuple.of(1, Arbitraries.integers()))
                .array(int[].class).ofMaxSize(60);
    }

    @Provide
    Arbitrary<byte[]> headers() {
        return Arbitraries.randomValue(RdmaHeaderPropertiesTest::random);
    }

    /** A legal header of random shape, encoded. */
    private static byte[] random(Random random) {
        RdmaHeader h = new RdmaHeader().xid(random.nextInt()).credits(random.nextInt());
        if (random.nextInt(10) == 0) {
            h.procedure(RdmaHeader.RDMA_ERROR).error(1 + random.nextInt(2), random.nextInt(), random.nextInt());
            return encode(h);
        }
        h.procedure(random.nextInt(2));
        for (int i = random.nextInt(8); i > 0; i--) {
            h.addRead(random.nextInt() & 0x7ffffffc, random.nextInt(), length(random), offset(random));
        }
        for (int chunk = random.nextInt(4); chunk > 0; chunk--) {
            h.beginWrite();
            for (int i = random.nextInt(8); i > 0; i--) {
                h.addWriteSegment(random.nextInt(), length(random), offset(random));
            }
        }
        if (random.nextBoolean()) {
            h.beginReply();
            for (int i = random.nextInt(8); i > 0; i--) {
                h.addReplySegment(random.nextInt(), length(random), offset(random));
            }
        }
        return encode(h);
    }

    private static int length(Random random) {
        return random.nextInt() >>> 1 + random.nextInt(31);
    }

    private static long offset(Random random) {
        long offset = random.nextLong();
        return Long.compareUnsigned(offset, -1L << 31) < 0 ? offset : offset << 31;
    }

    private void check(byte[] bytes) {
        if (!decodes(bytes)) {
            return;
        }
        byte[] again = encode(header);
        assertThat(again).isEqualTo(Arrays.copyOf(bytes, again.length));
        assertThat(HeaderLists.readTotal(header)).isNotNegative();
        assertThat(header.writeTotal(RdmaHeader.REPLY)).isNotNegative();
    }

    /** Anything but success and MalformedHeaderException fails the test. */
    private boolean decodes(byte[] bytes) {
        try {
            int length = header.decode(ByteBuffer.wrap(bytes), MAX_SEGMENTS);
            assertThat(length).isBetween(RdmaHeader.MIN_ERROR_LENGTH, bytes.length).isEqualTo(header.encodedLength());
            return true;
        } catch (MalformedHeaderException e) {
            assertThat(HeaderLists.isChunkless(header)).isTrue();
            return false;
        }
    }

    private static byte[] encode(RdmaHeader h) {
        byte[] bytes = new byte[h.encodedLength()];
        h.encode(ByteBuffer.wrap(bytes), 0);
        return bytes;
    }
}
