// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import org.dcache.oncrpc4j.rdma.capture.CaptureListener;
import org.dcache.oncrpc4j.rdma.capture.CaptureWalker;
import org.dcache.oncrpc4j.rdma.capture.Direction;
import org.dcache.oncrpc4j.rdma.capture.SegmentWriter;
import org.dcache.oncrpc4j.rdma.rpc.harness.RecordingRelay;

/** Walks like a capture what a {@link RecordingRelay} has kept. */
final class RecordedTraffic {

    private static final int PORT = 20049;

    private RecordedTraffic() {}

    /** Waits until both directions have ended, then walks them from the first byte to the last. */
    static void walk(RecordingRelay relay, CaptureListener listener) throws InterruptedException {
        SegmentWriter record = new SegmentWriter();
        for (RecordingRelay.Piece piece : relay.pieces()) {
            record.write(piece.toServer() ? Direction.TO_SERVER : Direction.TO_CLIENT, piece.bytes());
        }
        CaptureWalker walker = new CaptureWalker(PORT, listener);
        record.segments().forEach(walker::segment);
        walker.end();
    }
}
