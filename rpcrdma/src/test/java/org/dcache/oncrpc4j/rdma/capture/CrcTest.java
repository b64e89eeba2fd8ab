// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The CRC field, which the captures do not use: with one FPDU that siw sent with CRCs on, and with the captures' own FPDUs given CRCs. */
class CrcTest {

    /** siw, as initiator, revision 2, without C, IRD 128, ORD 0. */
    private static final String SIW_REQUEST = "4d504120494420526571204672616d651002000c00800000f6ab0e1801010303";
    /** An answer to it, with C: now both sides use CRCs. */
    private static final String REPLY_WITH_C = "4d504120494420526570204672616d655002000c00000080f6ab0e1801000303";
    private static final String REPLY_WITHOUT_C = "4d504120494420526570204672616d651002000c00000080f6ab0e1801000303";
    /** What siw sent then, an NFSv4 NULL call; the last four bytes are the CRC. */
    private static final String SIW_FPDU = """
            005641430000000000000000000000010000000062cc2189000000010000008000000000000000000000000000000000
            62cc21890000000000000002000186a3000000040000000000000000000000000000000000000000""";
    private static final String SIW_CRC = "fadec445";

    @Test
    @Tag("conformance-77")
    @Tag("conformance-81")
    @DisplayName("the CRC that siw wrote is the one we compute, in the byte order of the wire")
    void crcOfSiw() {
        ByteBuffer fpdu = ByteBuffer.wrap(hex(SIW_FPDU + SIW_CRC));
        int ulpdu = FpduLayout.ulpduLength(fpdu, 0);
        assertThat(FpduLayout.fpduLength(ulpdu)).isEqualTo(fpdu.remaining());
        CRC32C crc = new CRC32C();
        crc.update(fpdu.slice(0, FpduLayout.crcOffset(ulpdu)));

        assertThat(FpduLayout.crc(fpdu, FpduLayout.crcOffset(ulpdu))).isEqualTo((int) crc.getValue());
        ByteBuffer field = ByteBuffer.allocate(4);
        FpduLayout.putCrc(field, 0, (int) crc.getValue());
        assertThat(HexFormat.of().formatHex(field.array())).isEqualTo(SIW_CRC);
    }

    @Test
    @Tag("conformance-77")
    @DisplayName("one side's C gives both directions CRCs; without any the field is 0")
    void eitherSide() {
        assertThat(walk(REPLY_WITH_C, SIW_FPDU + SIW_CRC).get("RPC calls")).isEqualTo(1);
        assertThat(walk(REPLY_WITHOUT_C, SIW_FPDU + "00000000").get("RPC calls")).isEqualTo(1);
        assertThatExceptionOfType(CaptureException.class).isThrownBy(() -> walk(REPLY_WITH_C, SIW_FPDU + "00000000"))
                .withMessageContaining("CRC field: expected 45c4defa, got 00000000");
        assertThatExceptionOfType(CaptureException.class).isThrownBy(() -> walk(REPLY_WITHOUT_C, SIW_FPDU + SIW_CRC))
                .withMessageContaining("CRC field");
        assertThatExceptionOfType(CaptureException.class).isThrownBy(() -> walk(REPLY_WITH_C, SIW_FPDU.replace("86a3", "86a2") + SIW_CRC))
                .withMessageContaining("CRC field");
    }

    @ParameterizedTest
    @EnumSource
    @Tag("conformance-77")
    @DisplayName("a whole capture given CRCs is walked like the one without")
    void capturesWithCrc(LinuxCapturesTest.Capture capture) throws Exception {
        SegmentWriter writer = new SegmentWriter();
        CaptureFigures plain = new CaptureFigures();
        try (PcapFile file = capture.open()) {
            new CaptureWalker(20049, new WithCrc(writer, plain)).walk(file);
        }
        // The first connection; the second one is no other.
        assertThat(plain.get("FPDUs")).isPositive();

        CaptureFigures crc = new CaptureFigures();
        CaptureWalker walker = new CaptureWalker(20049, crc);
        writer.segments().forEach(walker::segment);
        walker.end();

        assertThat(crc.get("FPDUs")).isEqualTo(plain.get("FPDUs"));
        assertThat(crc.get("RPC calls")).isEqualTo(plain.get("RPC calls"));
        assertThat(crc.get("RPC replies")).isEqualTo(plain.get("RPC calls"));
    }

    /** Writes the first connection's MPA frames, with C in the Request, and its FPDUs with CRCs. */
    private static final class WithCrc implements CaptureListener {
        private final SegmentWriter writer;
        private final CaptureFigures figures;
        private int frames;

        WithCrc(SegmentWriter writer, CaptureFigures figures) {
            this.writer = writer;
            this.figures = figures;
        }

        @Override
        public void mpa(int frame, Direction direction, ByteBuffer bytes, PrivateData data) {
            frames++;
            if (frames > 2) {
                return;
            }
            byte[] copy = copy(bytes);
            if (direction == Direction.TO_SERVER) {
                copy[MpaFrame.OFFSET_FLAGS] |= MpaFrame.CRC;
            }
            writer.write(direction, copy);
        }

        @Override
        public void fpdu(int frame, Direction direction, ByteBuffer bytes, RdmapOpcode opcode, boolean last) {
            if (frames > 2) {
                return;
            }
            figures.fpdu(frame, direction, bytes, opcode, last);
            byte[] copy = copy(bytes);
            CRC32C crc = new CRC32C();
            crc.update(copy, 0, copy.length - FpduLayout.CRC_LENGTH);
            FpduLayout.putCrc(ByteBuffer.wrap(copy), copy.length - FpduLayout.CRC_LENGTH, (int) crc.getValue());
            writer.write(direction, copy);
        }

        @Override
        public void rpc(int frame, Direction direction, org.dcache.oncrpc4j.rdma.proto.RdmaHeader header, ByteBuffer rpc) {
            if (frames <= 2) {
                figures.rpc(frame, direction, header, rpc);
            }
        }

        private static byte[] copy(ByteBuffer bytes) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(bytes.position(), copy);
            return copy;
        }
    }

    private static CaptureFigures walk(String reply, String fpdu) {
        SegmentWriter writer = new SegmentWriter();
        writer.write(Direction.TO_SERVER, hex(SIW_REQUEST));
        writer.write(Direction.TO_CLIENT, hex(reply));
        writer.write(Direction.TO_SERVER, hex(fpdu));
        CaptureFigures figures = new CaptureFigures();
        CaptureWalker walker = new CaptureWalker(20049, figures);
        writer.segments().forEach(walker::segment);
        walker.end();
        return figures;
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
    }
}
