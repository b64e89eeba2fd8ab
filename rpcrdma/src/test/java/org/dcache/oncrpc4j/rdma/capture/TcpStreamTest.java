// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TcpStreamTest {

    /** Keeps the bytes, and says where the holes are. */
    private static final class Kept implements TcpStream.Sink {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final List<String> holes = new ArrayList<>();

        @Override
        public void bytes(Moment at, ByteBuffer bytes) {
            while (bytes.hasRemaining()) {
                out.write(bytes.get());
            }
        }

        @Override
        public void missing(Moment at, long offset, long length, boolean cut) {
            holes.add((cut ? "cut " : "missing ") + offset + " + " + length);
        }

        @Override
        public void stray(Moment at, int sequence) {
            holes.add("stray");
        }
    }

    private final Kept kept = new Kept();
    private final HoldBudget budget = new HoldBudget(1 << 20);
    private final TcpStream stream = new TcpStream(kept, budget);

    @Property
    @Tag("conformance-86")
    void anyOrderRepeatsAndOverlapsGiveTheStream(@ForAll byte[] content, @ForAll Random random) {
        Kept all = new Kept();
        HoldBudget memory = new HoldBudget(1 << 20);
        TcpStream fresh = new TcpStream(all, memory);
        SegmentWriter writer = new SegmentWriter();
        TcpSegment syn = writer.segments().get(0);
        List<TcpSegment> pieces = new ArrayList<>();
        for (int i = 0; i < content.length; i++) {
            // Each byte is covered by a piece that starts at it; lengths overlap at random.
            int length = 1 + random.nextInt(Math.min(8, content.length - i));
            pieces.add(new TcpSegment(new Moment(i + 2, 0), syn.source(), syn.destination(), syn.sequence() + 1 + i, false, true, false,
                    false, ByteBuffer.wrap(content, i, length).slice(), 0));
        }
        pieces.addAll(pieces.subList(0, pieces.size() / 2));
        Collections.shuffle(pieces, random);

        fresh.segment(syn);
        pieces.forEach(fresh::segment);

        fresh.end();
        assertThat(all.holes).isEmpty();
        assertThat(memory.held()).isZero();
        assertThat(all.out.toByteArray()).isEqualTo(content);
        assertThat(fresh.length()).isEqualTo(content.length);
    }

    @Test
    @DisplayName("bytes behind a hole wait; at the end the hole is told, and they come")
    void hole() {
        SegmentWriter writer = new SegmentWriter();
        stream.segment(writer.segments().get(0));
        TcpSegment first = writer.write(Direction.TO_SERVER, new byte[] {1, 2});
        TcpSegment second = writer.write(Direction.TO_SERVER, new byte[] {3});
        writer.write(Direction.TO_SERVER, new byte[] {4, 5});
        TcpSegment fourth = writer.write(Direction.TO_SERVER, new byte[] {6});

        stream.segment(second);
        stream.segment(fourth);
        assertThat(kept.out.size()).isZero();

        stream.segment(first);
        assertThat(kept.out.toByteArray()).containsExactly(1, 2, 3);
        stream.end();
        assertThat(kept.out.toByteArray()).containsExactly(1, 2, 3, 6);
        assertThat(kept.holes).containsExactly("missing 3 + 2");
        assertThat(stream.length()).isEqualTo(6);
        assertThat(budget.held()).isZero();
    }

    @Test
    @DisplayName("what the snap length cut off a segment is a hole, and is not waited for")
    void cut() {
        SegmentWriter writer = new SegmentWriter();
        TcpSegment syn = writer.segments().get(0);
        stream.segment(syn);
        TcpSegment whole = writer.write(Direction.TO_SERVER, new byte[] {1, 2, 3, 4});

        stream.segment(cut(whole, 1));
        stream.segment(whole);
        stream.segment(writer.write(Direction.TO_SERVER, new byte[] {5}));

        assertThat(kept.out.toByteArray()).containsExactly(1, 5);
        assertThat(kept.holes).containsExactly("cut 1 + 3");
    }

    @Test
    @DisplayName("what cannot wait for want of memory does not: the hole is told at once")
    void noMemory() {
        HoldBudget little = new HoldBudget(1000);
        TcpStream poor = new TcpStream(kept, little);
        SegmentWriter writer = new SegmentWriter();
        poor.segment(writer.segments().get(0));
        writer.write(Direction.TO_SERVER, new byte[1]);
        for (int i = 0; i < 10; i++) {
            poor.segment(writer.write(Direction.TO_SERVER, new byte[] {(byte) i}));
        }

        assertThat(kept.holes).containsExactly("missing 0 + 1");
        assertThat(kept.out.size()).isEqualTo(10);
        assertThat(little.held()).isZero();
    }

    @Test
    @DisplayName("without a SYN a stream begins at the MPA key, else at the lowest segment of the first ones")
    void noBeginning() {
        SegmentWriter writer = new SegmentWriter();
        TcpSegment first = writer.write(Direction.TO_SERVER, new byte[] {1});
        TcpSegment second = writer.write(Direction.TO_SERVER, new byte[] {2});
        stream.segment(second);
        stream.segment(first);
        assertThat(kept.out.size()).isZero();
        stream.end();
        assertThat(kept.out.toByteArray()).containsExactly(1, 2);
        assertThat(kept.holes).isEmpty();
        assertThat(stream.isFromSyn()).isFalse();

        Kept other = new Kept();
        TcpStream keyed = new TcpStream(other, budget);
        byte[] key = "MPA ID Req Frame".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        keyed.segment(writer.write(Direction.TO_SERVER, new byte[] {9}));
        keyed.segment(writer.write(Direction.TO_SERVER, key));
        assertThat(other.out.toByteArray()).isEqualTo(key);
        assertThat(budget.held()).isZero();
    }

    @Test
    @DisplayName("a strict walk refuses a stream whose beginning was not captured")
    void strict() {
        TcpSegment data = new SegmentWriter().write(Direction.TO_SERVER, new byte[] {1});
        CaptureWalker walker = new CaptureWalker(20049, new CaptureFigures());
        walker.segment(data);

        assertThatExceptionOfType(CaptureException.class).isThrownBy(walker::end).withMessageContaining("the capture began later");
    }

    private static TcpSegment cut(TcpSegment s, int length) {
        return new TcpSegment(s.at(), s.source(), s.destination(), s.sequence(), s.syn(), s.ack(), s.fin(), s.reset(),
                s.payload().slice(0, length), s.payload().remaining() - length);
    }
}
