// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.capture;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.capture.CaptureDecoder;
import org.dcache.oncrpc4j.rdma.capture.ConnectionListener;
import org.dcache.oncrpc4j.rdma.capture.Direction;
import org.dcache.oncrpc4j.rdma.capture.Fpdu;
import org.dcache.oncrpc4j.rdma.capture.HoldBudget;
import org.dcache.oncrpc4j.rdma.capture.PcapFile;
import org.dcache.oncrpc4j.rdma.capture.TcpSegment;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;

/** The length of FPDUs in a capture. Stateless. */
final class FpduLengths {

    private FpduLengths() {}

    /** The longest one of one direction, length field, pad and CRC field included; bytes. */
    static int longest(Path capture, Direction direction) throws IOException {
        AtomicInteger longest = new AtomicInteger();
        try (PcapFile file = PcapFile.open(capture)) {
            CaptureDecoder decoder = new CaptureDecoder(0, HoldBudget.ofHeap(), (first, client, server) -> new ConnectionListener() {
                @Override
                public void fpdu(Fpdu fpdu) {
                    if (fpdu.direction() == direction) {
                        longest.accumulateAndGet(FpduLayout.fpduLength(fpdu.ulpdu()), Math::max);
                    }
                }
            });
            for (PcapFile.Frame frame = file.next(); frame != null; frame = file.next()) {
                TcpSegment segment = TcpSegment.of(frame);
                if (segment != null) {
                    decoder.segment(segment);
                }
            }
            decoder.end();
        }
        return longest.get();
    }
}
