// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.handshake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.dcache.oncrpc4j.rdma.iwarp.RawPeer;
import org.dcache.oncrpc4j.rdma.iwarp.handshake.BytesChannel;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.junit.jupiter.api.Test;

class MpaFrameReaderTest {

    private final ByteBuffer staging = ByteBuffer.allocateDirect(1024);

    private static BytesChannel channel(byte[] bytes, int piece) {
        return new BytesChannel().of(bytes, bytes.length, piece);
    }

    @Test
    void theSocketIsReadIntoDirectMemoryAndNotAByteTooFar() throws Exception {
        byte[] upper = {1, 2, 3, 4, 5};
        ByteBuffer frame = RawPeer.frame(false, MpaFrame.CRC | MpaFrame.ENHANCED, 2, 8, 9, upper);
        byte[] bytes = ByteBuffer.allocate(frame.capacity() + 40).put(frame.rewind()).array();
        for (int piece = 1; piece <= bytes.length; piece++) {
            BytesChannel channel = channel(bytes, piece);
            MpaFrameReader reader = new MpaFrameReader(false);
            while (!reader.read(channel, staging)) {
                assertThat(channel.taken()).isLessThan(frame.capacity());
            }
            assertThat(channel.taken()).isEqualTo(frame.capacity());
            assertThat(channel.heapReads()).isZero();
            assertThat(MpaFrame.privateData(reader.frame(), 0)).isEqualTo(upper);
        }
    }

    @Test
    void aWrongKeyIsShownEscapedAndNotAtAnyLength() {
        byte[] http = "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        assertThatThrownBy(() -> new MpaFrameReader(false).read(channel(http, 64), staging))
                .isInstanceOf(MpaFrameReader.BadFrameException.class)
                .hasMessage("expected the key \"MPA ID Req Frame\", got \"GET / HTTP/1.1\\x0d\\x0a\"");
        assertThatThrownBy(() -> new MpaFrameReader(true).read(channel(new byte[] {(byte) 0x80, '"', '\\', 0x7f, '~'}, 64), staging))
                .hasMessage("expected the key \"MPA ID Rep Frame\", got \"\\x80\\x22\\x5c\\x7f~\"");
    }
}
