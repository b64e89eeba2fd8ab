// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PcapFileTest {

    private static final String ETHERNET = "020000000001 020000000002 ";
    private static final String TCP = "0401 4e51 00000007 00000000 5018 0000 0000 0000 ";
    private static final String IPV4 = ETHERNET + "0800 4500 002b 0000 4000 40 06 0000 0a000001 0a000002" + TCP + "010203";

    @Test
    @DisplayName("both byte orders, both resolutions, plain and gzipped, give the same frames")
    void forms() throws Exception {
        for (ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
            for (int magic : new int[] {0xa1b2c3d4, 0xa1b23c4d}) {
                byte[] bytes = file(order, magic, 1, hex(IPV4), hex(IPV4));
                ByteArrayOutputStream zipped = new ByteArrayOutputStream();
                try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
                    gzip.write(bytes);
                }
                for (byte[] form : new byte[][] {bytes, zipped.toByteArray()}) {
                    try (PcapFile file = PcapFile.open(new ByteArrayInputStream(form))) {
                        assertThat(file.next().number()).isEqualTo(1);
                        assertThat(file.next().bytes()).isEqualTo(ByteBuffer.wrap(hex(IPV4)));
                        assertThat(file.next()).isNull();
                        assertThat(file.frames()).isEqualTo(2);
                    }
                }
            }
        }
    }

    @Test
    @DisplayName("what is no capture, or of another link type, or ends early, or claims lengths that cannot be, is refused")
    void refusals() throws Exception {
        assertThatIOException().isThrownBy(() -> open(new byte[0])).withMessageContaining("ends");
        assertThatIOException().isThrownBy(() -> open(new byte[24])).withMessageContaining("magic");
        assertThatIOException().isThrownBy(() -> open(file(ByteOrder.BIG_ENDIAN, 0xa1b2c3d4, 105))).withMessageContaining("link type");
        byte[] whole = file(ByteOrder.BIG_ENDIAN, 0xa1b2c3d4, 1, hex(IPV4));
        for (int length : new int[] {30, 45, whole.length - 1}) {
            PcapFile file = open(java.util.Arrays.copyOf(whole, length));
            assertThatExceptionOfType(EOFException.class).isThrownBy(file::next);
        }
        byte[] cut = whole.clone();
        ByteBuffer.wrap(cut).putInt(36, 1500);
        assertThat(open(cut).next().isCut()).isTrue();
        assertThatExceptionOfType(CaptureException.class).isThrownBy(() -> new CaptureWalker(1, new CaptureFigures()).walk(open(cut)))
                .withMessageContaining("-s 0");
        for (int length : new int[] {-1, 2 << 20, whole.length - 41}) {
            byte[] unbelievable = whole.clone();
            ByteBuffer.wrap(unbelievable).putInt(32, length).putInt(36, length == whole.length - 41 ? length - 1 : length);
            assertThatExceptionOfType(CaptureException.class).isThrownBy(open(unbelievable)::next)
                    .withMessageContaining("expected a captured length");
        }
    }

    @Test
    @DisplayName("IPv4, IPv6 and VLAN frames give the TCP segment without Ethernet's padding; others give none")
    void segments() {
        TcpSegment v4 = segment(IPV4 + "0000");
        assertThat(v4.source().toString()).isEqualTo("/10.0.0.1:1025");
        assertThat(v4.destination().toString()).isEqualTo("/10.0.0.2:20049");
        assertThat(v4.sequence()).isEqualTo(7);
        assertThat(v4.ack()).isTrue();
        assertThat(v4.syn() || v4.fin() || v4.reset()).isFalse();
        assertThat(v4.payload()).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        assertThat(segment(ETHERNET + "8100 0005" + IPV4.substring(ETHERNET.length()))).isEqualTo(v4);

        TcpSegment v6 = segment(ETHERNET + "86dd 60000000 0017 06 40 20010db8000000000000000000000001 20010db8000000000000000000000002"
                + TCP + "010203 00");
        assertThat(v6.source().getAddress().getHostAddress()).isEqualTo("2001:db8:0:0:0:0:0:1");
        assertThat(v6.payload()).isEqualTo(v4.payload());

        assertThat(segment(ETHERNET + "0806 0001")).isNull();
        assertThat(segment(ETHERNET + "0800 4500 001c 0000 4000 40 11 0000 0a000001 0a000002 0035 0035 0008 0000")).isNull();
    }

    @Test
    @DisplayName("frames that end within their headers, and fragments, are refused")
    void brokenFrames() {
        assertThatExceptionOfType(CaptureException.class).isThrownBy(() -> segment("0200"));
        assertThatExceptionOfType(CaptureException.class).isThrownBy(() -> segment(IPV4.replace("002b", "004b")));
        assertThatExceptionOfType(CaptureException.class).isThrownBy(() -> segment(IPV4.replace("0000 4000 40", "0000 2000 40")));
        assertThatExceptionOfType(CaptureException.class).isThrownBy(() -> segment(IPV4.replace("5018", "4018")));
    }

    private static TcpSegment segment(String hex) {
        return TcpSegment.of(frame(1, hex(hex)));
    }

    private static PcapFile.Frame frame(int link, byte[] bytes) {
        return new PcapFile.Frame(1, 0, link, bytes.length, ByteBuffer.wrap(bytes));
    }

    private static PcapFile open(byte[] bytes) throws IOException {
        return PcapFile.open(new ByteArrayInputStream(bytes));
    }

    private static byte[] file(ByteOrder order, int magic, int link, byte[]... frames) {
        ByteBuffer file = ByteBuffer.allocate(1000).order(order);
        file.putInt(magic).putShort((short) 2).putShort((short) 4).putInt(0).putInt(0).putInt(65536).putInt(link);
        for (byte[] frame : frames) {
            file.putInt(1).putInt(2).putInt(frame.length).putInt(frame.length).put(frame);
        }
        return java.util.Arrays.copyOf(file.array(), file.position());
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
    }
}
