// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.capture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import org.dcache.oncrpc4j.rdma.capture.CaptureDecoder;
import org.dcache.oncrpc4j.rdma.capture.CaptureProblem;
import org.dcache.oncrpc4j.rdma.capture.ConnectionListener;
import org.dcache.oncrpc4j.rdma.capture.Direction;
import org.dcache.oncrpc4j.rdma.capture.Fpdu;
import org.dcache.oncrpc4j.rdma.capture.HoldBudget;
import org.dcache.oncrpc4j.rdma.capture.Moment;
import org.dcache.oncrpc4j.rdma.capture.PcapFile;
import org.dcache.oncrpc4j.rdma.capture.PcapWriter;
import org.dcache.oncrpc4j.rdma.capture.SegmentWriter;
import org.dcache.oncrpc4j.rdma.capture.TcpSegment;

/**
 * Copies a capture so that each TCP segment begins with an MPA frame or an FPDU and holds no other: the same bytes of the same streams.
 * Wireshark decodes only the first Send in a segment as RPC-over-RDMA; of the copy it decodes all.
 */
final class SegmentPerFpdu {

    private SegmentPerFpdu() {}

    static void copy(Path from, Path to) throws IOException {
        HoldBudget budget = HoldBudget.ofHeap();
        try (PcapFile file = PcapFile.open(from); PcapWriter writer = PcapWriter.create(to)) {
            CaptureDecoder decoder = new CaptureDecoder(0, budget, (first, client, server) -> new Copy(first, client, server, writer));
            for (PcapFile.Frame frame = file.next(); frame != null; frame = file.next()) {
                TcpSegment segment = TcpSegment.of(frame);
                if (segment != null) {
                    decoder.segment(segment);
                }
            }
            decoder.end();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static final class Copy implements ConnectionListener {
        private final SegmentWriter connection;
        private final PcapWriter writer;
        private long time;

        Copy(Moment first, InetSocketAddress client, InetSocketAddress server, PcapWriter writer) {
            this.writer = writer;
            time = first.nanos();
            connection = new SegmentWriter(client, server, () -> time);
        }

        @Override
        public void mpa(Moment at, Direction direction, ByteBuffer frame) {
            write(at, direction, frame);
        }

        @Override
        public void fpdu(Fpdu fpdu) {
            write(fpdu.at(), fpdu.direction(), fpdu.bytes());
        }

        @Override
        public void problem(CaptureProblem problem) {
            throw new IllegalStateException("not a capture to copy: frame " + problem.at().frame() + ": " + problem.text());
        }

        private void write(Moment at, Direction direction, ByteBuffer bytes) {
            time = at.nanos();
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(bytes.position(), copy);
            for (int from = 0; from < copy.length; from += PcapWriter.MAX_PAYLOAD) {
                connection.write(direction, Arrays.copyOfRange(copy, from, Math.min(copy.length, from + PcapWriter.MAX_PAYLOAD)));
            }
            flush();
        }

        @Override
        public void end() {
            connection.end(Direction.TO_SERVER);
            connection.end(Direction.TO_CLIENT);
            flush();
        }

        private void flush() {
            try {
                writer.segments(connection.segments());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            connection.segments().clear();
        }
    }
}
