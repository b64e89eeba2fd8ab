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

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final TcpStream stream = new TcpStream((frame, bytes) -> {
        while (bytes.hasRemaining()) {
            out.write(bytes.get());
        }
    });

    @Property
    @Tag("conformance-86")
    void anyOrderRepeatsAndOverlapsGiveTheStream(@ForAll byte[] content, @ForAll Random random) {
        out.reset();
        TcpStream fresh = new TcpStream((frame, bytes) -> {
            while (bytes.hasRemaining()) {
                out.write(bytes.get());
            }
        });
        SegmentWriter writer = new SegmentWriter();
        TcpSegment syn = writer.segments().get(0);
        List<TcpSegment> pieces = new ArrayList<>();
        for (int i = 0; i < content.length; i++) {
            // Each byte is covered by a piece that starts at it; lengths overlap at random.
            int length = 1 + random.nextInt(Math.min(8, content.length - i));
            pieces.add(new TcpSegment(i + 2, syn.source(), syn.destination(), syn.sequence() + 1 + i, false, true, false, false,
                    ByteBuffer.wrap(content, i, length).slice()));
        }
        pieces.addAll(pieces.subList(0, pieces.size() / 2));
        Collections.shuffle(pieces, random);

        fresh.segment(syn);
        pieces.forEach(fresh::segment);

        fresh.checkComplete();
        assertThat(out.toByteArray()).isEqualTo(content);
        assertThat(fresh.length()).isEqualTo(content.length);
    }

    @Test
    @DisplayName("bytes behind a hole wait, and a hole at the end is an error")
    void hole() {
        SegmentWriter writer = new SegmentWriter();
        stream.segment(writer.segments().get(0));
        TcpSegment first = writer.write(Direction.TO_SERVER, new byte[] {1, 2});
        TcpSegment second = writer.write(Direction.TO_SERVER, new byte[] {3});

        stream.segment(second);
        assertThat(out.size()).isZero();
        assertThatExceptionOfType(CaptureException.class).isThrownBy(stream::checkComplete).withMessageContaining("bytes 0 to 2");

        stream.segment(first);
        stream.checkComplete();
        assertThat(out.toByteArray()).containsExactly(1, 2, 3);
    }

    @Test
    @DisplayName("a stream whose beginning was not captured is refused")
    void noBeginning() {
        TcpSegment data = new SegmentWriter().write(Direction.TO_SERVER, new byte[] {1});

        assertThatExceptionOfType(CaptureException.class).isThrownBy(() -> stream.segment(data));
        assertThatExceptionOfType(CaptureException.class)
                .isThrownBy(() -> new CaptureWalker(20049, new CaptureFigures()).segment(data));
    }
}
