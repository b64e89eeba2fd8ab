// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every form of file and link header that captures come in, against segments that are known. */
class CaptureFormsTest {

    private static final long TIME = 1_700_000_001_123_456_789L;

    static Stream<Arguments> forms() {
        List<Arguments> all = new ArrayList<>();
        for (PcapWriter.Kind kind : PcapWriter.Kind.values()) {
            for (ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
                for (PcapWriter.Link link : PcapWriter.Link.values()) {
                    all.add(Arguments.of(kind, order, link));
                }
            }
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("forms")
    @DisplayName("a segment comes back as it was, whatever file and frame it was in")
    void same(PcapWriter.Kind kind, ByteOrder order, PcapWriter.Link link) throws Exception {
        for (String host : new String[] {"192.0.2.7", "2001:db8::7"}) {
            TcpSegment segment = segment(host, new byte[] {1, 2, 3});
            byte[] file = write(new PcapWriter.Form(kind, order, link, 65_536), segment, segment(host, new byte[0]));
            try (PcapFile capture = PcapFile.open(new ByteArrayInputStream(file))) {
                TcpSegment read = TcpSegment.of(capture.next());
                assertThat(read.at()).isEqualTo(new Moment(1, kind == PcapWriter.Kind.MICROSECONDS ? TIME / 1000 * 1000 : TIME));
                assertThat(read.source()).isEqualTo(segment.source());
                assertThat(read.destination()).isEqualTo(segment.destination());
                assertThat(read.sequence()).isEqualTo(segment.sequence());
                assertThat(List.of(read.syn(), read.ack(), read.fin(), read.reset())).containsExactly(false, true, true, false);
                assertThat(read.payload()).isEqualTo(segment.payload());
                assertThat(read.missing()).isZero();
                assertThat(TcpSegment.of(capture.next()).payload().remaining()).isZero();
                assertThat(capture.next()).isNull();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("forms")
    @DisplayName("of a frame that the snap length cut, the payload that is there comes, and how much is missing")
    void snapLength(PcapWriter.Kind kind, ByteOrder order, PcapWriter.Link link) throws Exception {
        TcpSegment segment = segment("192.0.2.7", new byte[1000]);
        int headers;
        try (PcapFile capture = PcapFile.open(new ByteArrayInputStream(
                write(new PcapWriter.Form(kind, order, link, 65_536), segment("192.0.2.7", new byte[0]))))) {
            headers = capture.next().length();
        }
        for (int there : new int[] {0, 1, 999}) {
            byte[] file = write(new PcapWriter.Form(kind, order, link, headers + there), segment);
            try (PcapFile capture = PcapFile.open(new ByteArrayInputStream(file))) {
                TcpSegment read = TcpSegment.of(capture.next());
                assertThat(read.payload().remaining()).isEqualTo(there);
                assertThat(read.missing()).isEqualTo(1000 - there);
            }
        }
        byte[] file = write(new PcapWriter.Form(kind, order, link, 24), segment);
        try (PcapFile capture = PcapFile.open(new ByteArrayInputStream(file))) {
            PcapFile.Frame cut = capture.next();
            assertThatExceptionOfType(CaptureException.class).isThrownBy(() -> TcpSegment.of(cut));
        }
    }

    @Test
    @DisplayName("IPv6 extension headers are skipped, fragments refused, other protocols passed over")
    void extensionHeaders() throws Exception {
        byte[] frame = frame(segment("2001:db8::7", new byte[] {1, 2, 3}));
        byte[] hopByHop = {6, 0, 5, 2, 0, 0, 1, 0};
        byte[] whole = {6, 0, 0, 0, 0, 0, 0, 9};
        byte[] fragment = {6, 0, 0, 1, 0, 0, 0, 9};

        assertThat(extended(frame, 0, hopByHop).payload()).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        assertThat(extended(frame, 60, hopByHop).payload().remaining()).isEqualTo(3);
        assertThat(extended(frame, 44, whole).payload().remaining()).isEqualTo(3);
        assertThatExceptionOfType(CaptureException.class).isThrownBy(() -> extended(frame, 44, fragment))
                .withMessageContaining("fragments");
        assertThat(extended(frame, 58, hopByHop)).isNull();
        hopByHop[1] = -1;
        assertThatExceptionOfType(CaptureException.class).isThrownBy(() -> extended(frame, 0, hopByHop));
    }

    @Test
    @DisplayName("a segment larger than the IP length field can say goes to the end of the frame")
    void segmentationOffload() throws Exception {
        byte[] frame = frame(segment("192.0.2.7", new byte[2000]));
        frame[2] = 0;
        frame[3] = 0;
        assertThat(TcpSegment.of(new PcapFile.Frame(1, 0, 101, frame.length, ByteBuffer.wrap(frame))).payload().remaining())
                .isEqualTo(2000);
        PcapFile.Frame claims = new PcapFile.Frame(1, 0, 101, Integer.MAX_VALUE, ByteBuffer.wrap(frame));
        assertThatExceptionOfType(CaptureException.class).isThrownBy(() -> TcpSegment.of(claims));
    }

    @Test
    @DisplayName("pcapng: unknown blocks are passed over, sections may change the byte order, simple packets count")
    void pcapngBlocks() throws Exception {
        TcpSegment segment = segment("192.0.2.7", new byte[] {1, 2, 3});
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write(write(new PcapWriter.Form(PcapWriter.Kind.PCAPNG, ByteOrder.BIG_ENDIAN, PcapWriter.Link.RAW, 65_536), segment));
        file.write(ByteBuffer.allocate(16).putInt(0x0bad).putInt(16).putInt(7).putInt(16).array());
        byte[] packet = frame(segment);
        int body = packet.length + 3 & ~3;
        file.write(ByteBuffer.allocate(16 + body).putInt(3).putInt(16 + body).putInt(packet.length).put(packet).putInt(12 + body, 16 + body)
                .array());
        file.write(write(new PcapWriter.Form(PcapWriter.Kind.PCAPNG, ByteOrder.LITTLE_ENDIAN, PcapWriter.Link.SLL2, 65_536), segment));
        try (PcapFile capture = PcapFile.open(new ByteArrayInputStream(file.toByteArray()))) {
            for (int i = 1; i <= 3; i++) {
                TcpSegment read = TcpSegment.of(capture.next());
                assertThat(read.at().frame()).isEqualTo(i);
                assertThat(read.payload()).isEqualTo(segment.payload());
            }
            assertThat(capture.next()).isNull();
        }
    }

    @Test
    @DisplayName("pcapng: lengths that cannot be, interfaces that are not there, and ends within a block are refused")
    void badPcapng() throws Exception {
        byte[] whole = write(new PcapWriter.Form(PcapWriter.Kind.PCAPNG, ByteOrder.BIG_ENDIAN, PcapWriter.Link.RAW, 65_536),
                segment("192.0.2.7", new byte[] {1, 2, 3}));
        int packet = 28 + 32;
        for (int length = 0; length < packet; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            if (length < 28) {
                assertThatIOException().isThrownBy(() -> PcapFile.open(new ByteArrayInputStream(cut)));
            } else if (length > 28) {
                assertThatIOException().isThrownBy(PcapFile.open(new ByteArrayInputStream(cut))::next);
            }
        }
        for (int[] change : new int[][] {{packet + 4, 0}, {packet + 4, -4}, {packet + 4, 33}, {packet + 4, 1 << 30}, {packet + 8, 1},
            {packet + 8, -1}, {packet + 20, -1}, {packet + 20, 1000}, {packet + 24, 1}, {32, 12}}) {
            byte[] bad = whole.clone();
            ByteBuffer.wrap(bad).putInt(change[0], change[1]);
            PcapFile file = PcapFile.open(new ByteArrayInputStream(bad));
            assertThatExceptionOfType(Exception.class).as(Arrays.toString(change)).isThrownBy(file::next)
                    .isInstanceOfAny(IOException.class, CaptureException.class);
        }
        byte[] magic = whole.clone();
        magic[8] = 0;
        assertThatIOException().isThrownBy(() -> PcapFile.open(new ByteArrayInputStream(magic)));
    }

    private static TcpSegment segment(String host, byte[] payload) throws IOException {
        return new TcpSegment(new Moment(1, TIME), new InetSocketAddress(InetAddress.getByName(host), 1023),
                new InetSocketAddress(InetAddress.getByName(host), 20049), -2, false, true, true, false, ByteBuffer.wrap(payload), 0);
    }

    private static byte[] write(PcapWriter.Form form, TcpSegment... segments) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (PcapWriter writer = new PcapWriter(out, form)) {
            writer.segments(List.of(segments));
        }
        return out.toByteArray();
    }

    /** The IP packet. */
    private static byte[] frame(TcpSegment segment) throws IOException {
        byte[] file = write(new PcapWriter.Form(PcapWriter.Kind.MICROSECONDS, ByteOrder.BIG_ENDIAN, PcapWriter.Link.RAW, 65_536), segment);
        return Arrays.copyOfRange(file, 40, file.length);
    }

    private static TcpSegment extended(byte[] packet, int protocol, byte[] header) {
        ByteBuffer bytes = ByteBuffer.allocate(packet.length + header.length).put(packet, 0, 40).put(header)
                .put(packet, 40, packet.length - 40).flip();
        bytes.put(6, (byte) protocol).putShort(4, (short) (bytes.limit() - 40));
        return TcpSegment.of(new PcapFile.Frame(1, 0, 101, bytes.limit(), bytes));
    }
}
