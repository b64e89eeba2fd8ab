// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.io.IOException;

/**
 * Walks a capture from its first frame to its last, by the decoder that {@code rpcrdma decode} has, and shows a {@link CaptureListener}
 * what is in it. Every connection must be there from its SYN on. Any byte of a connection that is not explained, or not as the RFCs say,
 * ends the walk with a {@link CaptureException}.
 */
public final class CaptureWalker {

    private final int port;
    private final CaptureListener listener;
    private final HoldBudget budget = HoldBudget.ofHeap();
    private final CaptureDecoder decoder;

    /**
     * A walk over one capture.
     *
     * @param port the server's; other connections are passed over
     */
    public CaptureWalker(int port, CaptureListener listener) {
        this.port = port;
        this.listener = listener;
        decoder = new CaptureDecoder(port, budget, (first, client, server) -> new StrictConnection(listener));
    }

    /** Walks the rest of the file. The file stays open. */
    public void walk(PcapFile file) throws IOException {
        for (PcapFile.Frame frame = file.next(); frame != null; frame = file.next()) {
            if (frame.isCut()) {
                throw new CaptureException(frame.number(), "only " + frame.bytes().limit() + " of " + frame.length()
                        + " bytes were captured; capture with -s 0");
            }
            TcpSegment segment = TcpSegment.of(frame);
            if (segment != null) {
                segment(segment);
            }
        }
        end();
    }

    /** Takes one segment; any order within a connection, after its SYN. */
    public void segment(TcpSegment s) {
        if (s.payload().hasRemaining() && (s.source().getPort() == port || s.destination().getPort() == port)) {
            listener.segment(s);
        }
        decoder.segment(s);
    }

    /** Fails when a stream has a hole, or ends within an FPDU or message. */
    public void end() {
        decoder.end();
        if (budget.held() != 0) {
            throw new IllegalStateException(budget.held() + " bytes are still held at the end");
        }
    }
}
