// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import org.dcache.oncrpc4j.rdma.fuzz.Corpus;
import org.dcache.oncrpc4j.rdma.fuzz.FuzzTarget;
import org.dcache.oncrpc4j.rdma.fuzz.Fuzzer;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.junit.jupiter.api.Test;

/**
 * Captured connections whose bytes are made of good ones: decoding throws nothing, shows no more than came, and holds nothing at the end.
 */
class CaptureFuzzTest {

    private static final InetSocketAddress CLIENT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 700);
    private static final InetSocketAddress SERVER = new InetSocketAddress(InetAddress.getLoopbackAddress(), 20049);

    @Test
    void streams() {
        Fuzzer.run("captured stream", Corpus.read(Fuzzer.class, "frames.txt"), 20_000, 1600, new Streams());
    }

    private static final class Streams implements FuzzTarget {
        private final List<byte[]> request = Corpus.read(Fuzzer.class, "frames.txt", "mpa-request ");
        private final List<byte[]> reply = Corpus.read(Fuzzer.class, "frames.txt", "mpa-reply ");
        private int frame;

        @Override
        public void run(byte[] data, int length) {
            HoldBudget budget = new HoldBudget(1 << 16);
            long[] shown = {0};
            CaptureDecoder decoder = new CaptureDecoder(20049, budget, (first, client, server) -> new ConnectionListener() {
                @Override
                public void fpdu(Fpdu fpdu) {
                    shown[0] += fpdu.bytes().remaining();
                }
            });
            frame = 0;
            boolean mpa = length > MpaFrame.KEY_LENGTH && data[0] == 'M';
            if (!mpa) {
                decoder.segment(segment(true, 1, request.get(0), 0, request.get(0).length));
                decoder.segment(segment(false, 1, reply.get(0), 0, reply.get(0).length));
            }
            int at = mpa ? 1 : 1 + request.get(0).length;
            int cut = length == 0 ? 0 : (data[length - 1] & 0xff) * length >>> 8;
            boolean late = length > 0 && (data[length / 2] & 3) == 0;
            if (late) {
                decoder.segment(segment(true, at + cut, data, cut, length - cut));
            }
            decoder.segment(segment(true, at, data, 0, cut));
            if (!late) {
                decoder.segment(segment(true, at + cut, data, cut, length - cut));
            }
            decoder.end();
            if (budget.held() != 0) {
                throw new AssertionError(budget.held() + " bytes are still held");
            }
            if (shown[0] > length) {
                throw new AssertionError(shown[0] + " bytes were shown of " + length);
            }
        }

        private TcpSegment segment(boolean toServer, int sequence, byte[] data, int from, int length) {
            return new TcpSegment(new Moment(++frame, 0), toServer ? CLIENT : SERVER, toServer ? SERVER : CLIENT, sequence, false, true,
                    false, false, ByteBuffer.wrap(data, from, length).slice(), 0);
        }
    }
}
