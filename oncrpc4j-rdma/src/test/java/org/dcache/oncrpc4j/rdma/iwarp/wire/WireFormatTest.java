// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.dcache.oncrpc4j.rdma.iwarp.SiwFrames;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The codecs read what siw sent, and write the same bytes. */
class WireFormatTest {

    @Test
    @Tag("conformance-87")
    void readsAndRewritesAnEnhancedRequest() {
        ByteBuffer frame = SiwFrames.of("mpa-request");
        assertThat(MpaFrame.keyMatches(frame, 0, 16, false)).isTrue();
        assertThat(MpaFrame.keyMatches(frame, 0, 16, true)).isFalse();
        assertThat(MpaFrame.flags(frame, 0)).isEqualTo(MpaFrame.ENHANCED);
        assertThat(MpaFrame.revision(frame, 0)).isEqualTo(2);
        assertThat(MpaFrame.isEnhanced(frame, 0)).isTrue();
        assertThat(MpaFrame.irdWord(frame, 0)).isEqualTo(128);
        assertThat(MpaFrame.ordWord(frame, 0)).isZero();
        assertThat(MpaFrame.privateData(frame, 0)).isEqualTo(new byte[] {(byte) 0xf6, (byte) 0xab, 0x0e, 0x18, 1, 1, 3, 3});

        ByteBuffer again = ByteBuffer.allocate(frame.capacity());
        MpaFrame.put(again, 0, false, MpaFrame.ENHANCED, 2, 12);
        MpaFrame.putDepths(again, 0, 128, 0);
        again.put(24, MpaFrame.privateData(frame, 0));
        assertThat(again).isEqualTo(frame);
    }

    @Test
    @Tag("conformance-88")
    void readsAndRewritesAnEnhancedReply() {
        ByteBuffer frame = SiwFrames.of("mpa-reply");
        assertThat(MpaFrame.keyMatches(frame, 0, 16, true)).isTrue();
        assertThat(MpaFrame.irdWord(frame, 0)).isZero();
        assertThat(MpaFrame.ordWord(frame, 0)).isEqualTo(128);
        ByteBuffer again = ByteBuffer.allocate(frame.capacity());
        MpaFrame.put(again, 0, true, MpaFrame.ENHANCED, 2, 12);
        MpaFrame.putDepths(again, 0, 0, 128);
        again.put(24, MpaFrame.privateData(frame, 0));
        assertThat(again).isEqualTo(frame);
    }

    @ParameterizedTest
    @ValueSource(strings = {"send-null-call", "write", "send-with-invalidate", "read-request", "read-response-last", "send-crc"})
    @Tag("conformance-81")
    @Tag("conformance-93")
    @Tag("conformance-99")
    void rewritesTheHeaderOfEachFpdu(String name) {
        ByteBuffer fpdu = SiwFrames.of(name);
        int length = FpduLayout.ulpduLength(fpdu, 0);
        assertThat(FpduLayout.fpduLength(length)).isEqualTo(fpdu.capacity());
        int control = DdpHeader.control(fpdu, 2);
        RdmapOpcode opcode = RdmapOpcode.of(DdpHeader.opcode(control));
        assertThat(DdpHeader.isTagged(control)).isEqualTo(opcode.isTagged());
        assertThat(DdpHeader.ddpVersion(control)).isEqualTo(1);
        assertThat(DdpHeader.rdmapVersion(control)).isEqualTo(1);
        ByteBuffer again = ByteBuffer.wrap(fpdu.array().clone());
        again.put(0, new byte[2 + opcode.headerLength()]);
        FpduLayout.putUlpduLength(again, 0, length);
        boolean last = DdpHeader.isLast(control);
        if (opcode.isTagged()) {
            DdpHeader.putTagged(again, 2, opcode, last, DdpHeader.stag(fpdu, 2), DdpHeader.taggedOffset(fpdu, 2));
        } else {
            assertThat(DdpHeader.queue(fpdu, 2)).isEqualTo(opcode.queue());
            DdpHeader.putUntagged(again, 2, opcode, last, DdpHeader.invalidateStag(fpdu, 2), DdpHeader.msn(fpdu, 2),
                    DdpHeader.messageOffset(fpdu, 2));
        }
        if (opcode == RdmapOpcode.READ_REQUEST) {
            int at = 2 + DdpHeader.UNTAGGED_LENGTH;
            assertThat(ReadRequestHeader.size(fpdu, at)).isEqualTo(1 << 20);
            ReadRequestHeader.put(again, at, ReadRequestHeader.sinkStag(fpdu, at), ReadRequestHeader.sinkOffset(fpdu, at),
                    ReadRequestHeader.size(fpdu, at), ReadRequestHeader.sourceStag(fpdu, at),
                    ReadRequestHeader.sourceOffset(fpdu, at));
        }
        assertThat(again).isEqualTo(fpdu);
    }

    @Test
    @Tag("conformance-81")
    void crcIsLittleEndianOverAllThatStandsBeforeIt() {
        ByteBuffer fpdu = SiwFrames.of("send-crc");
        int at = FpduLayout.crcOffset(FpduLayout.ulpduLength(fpdu, 0));
        CRC32C crc = new CRC32C();
        crc.update(fpdu.array(), 0, at);
        assertThat(FpduLayout.crc(fpdu, at)).isEqualTo((int) crc.getValue());
        ByteBuffer again = ByteBuffer.wrap(fpdu.array().clone());
        again.putInt(at, 0);
        FpduLayout.putCrc(again, at, (int) crc.getValue());
        assertThat(again).isEqualTo(fpdu);
    }

    @Test
    @Tag("conformance-104")
    void readsATerminateInBothBitOrders() {
        ByteBuffer siw = ByteBuffer.wrap(new byte[] {0x02, 0x06, 0x00, 0x00});
        TerminateMessage ambiguous = TerminateMessage.decode(siw, 0);
        assertThat(ambiguous.describe()).contains("layer 0 type 2 code 0x06").contains("layer 2 type 0 code 0x06");

        ByteBuffer swapped = ByteBuffer.wrap(new byte[] {0x11 & 0xff, 0x01, 0x03, 0x00});
        assertThat(TerminateMessage.decode(swapped, 0)).isEqualTo(
                new TerminateMessage(1, 1, 1, TerminateMessage.M | TerminateMessage.D, true));

        ByteBuffer untagged = ByteBuffer.wrap(new byte[] {0x21, 0x03, 0x00, 0x00});
        assertThat(TerminateMessage.decode(untagged, 0)).isEqualTo(new TerminateMessage(1, 2, 3, 0, true));
        for (ByteBuffer original : new ByteBuffer[] {siw, swapped, untagged}) {
            ByteBuffer again = ByteBuffer.allocate(4);
            TerminateMessage.decode(original, 0).put(again, 0);
            assertThat(again).isEqualTo(original);
        }
    }

    @Test
    @Tag("conformance-104")
    void readsBackEachTerminateThatItWrites() {
        for (TerminateCode code : TerminateCode.values()) {
            ByteBuffer buffer = ByteBuffer.allocate(4);
            int flags = code.copiesHeader() ? TerminateMessage.M | TerminateMessage.D : 0;
            TerminateMessage.put(buffer, 0, code.layer(), code.type(), code.code(), flags);
            assertThat(TerminateMessage.decode(buffer, 0))
                    .isEqualTo(new TerminateMessage(code.layer(), code.type(), code.code(), flags, false));
        }
    }

    @Test
    @Tag("conformance-81")
    void fpdusAreAMultipleOfFourBytes() {
        for (int length = 0; length < 70; length++) {
            assertThat(FpduLayout.fpduLength(length) % 4).isZero();
            assertThat(FpduLayout.pad(length)).isBetween(0, 3);
        }
    }
}
