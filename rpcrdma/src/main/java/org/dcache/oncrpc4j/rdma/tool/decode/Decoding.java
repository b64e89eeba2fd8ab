// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.decode;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.capture.CaptureDecoder;
import org.dcache.oncrpc4j.rdma.capture.CaptureException;
import org.dcache.oncrpc4j.rdma.capture.ConnectionListener;
import org.dcache.oncrpc4j.rdma.capture.HoldBudget;
import org.dcache.oncrpc4j.rdma.capture.Moment;
import org.dcache.oncrpc4j.rdma.capture.PcapFile;
import org.dcache.oncrpc4j.rdma.capture.TcpSegment;

/** Decodes one capture file from its first frame to its last, or to where it is damaged. To be used once. */
final class Decoding {

    /** Unreadable frames to tell of in full; all are counted. */
    private static final int MAX_TOLD = 10;

    private final Figures figures = new Figures();
    private final Listing listing;
    private final CaptureDecoder decoder;
    private final List<String> faults = new ArrayList<>();
    private long unreadable;
    private int connections;
    private long begin;
    private boolean begun;

    /**
     * A decoding.
     *
     * @param port see {@link CaptureDecoder}
     * @param listing null when only counts are wanted
     */
    Decoding(int port, Listing listing, HoldBudget budget) {
        this.listing = listing;
        decoder = new CaptureDecoder(port, budget, this::open);
    }

    /** Reads the rest of the file. What cannot be read is a fault, and nothing else happens. */
    void run(PcapFile file) {
        try {
            for (PcapFile.Frame frame = file.next(); frame != null; frame = file.next()) {
                frame(frame);
            }
        } catch (IOException | CaptureException e) {
            faults.add("the capture is damaged and was read up to frame " + file.frames() + ": " + e.getMessage());
        }
        if (unreadable > MAX_TOLD) {
            faults.add(unreadable + " frames could not be read in all");
        }
        decoder.end();
    }

    private void frame(PcapFile.Frame frame) {
        if (!begun) {
            begun = true;
            begin = frame.nanos();
        }
        TcpSegment segment;
        try {
            segment = TcpSegment.of(frame);
        } catch (CaptureException e) {
            unreadable++;
            if (unreadable <= MAX_TOLD) {
                faults.add(e.getMessage());
            }
            return;
        }
        if (segment != null) {
            decoder.segment(segment);
        }
    }

    private ConnectionListener open(Moment first, InetSocketAddress client, InetSocketAddress server) {
        connections++;
        Listing.Section section = listing == null ? null
                : listing.section("Connection " + connections + ": " + text(client) + " > " + text(server) + ", from frame "
                + first.frame());
        return new Conversation(figures, section, begin);
    }

    private static String text(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    Figures figures() {
        return figures;
    }

    /** What could not be read of the file itself, a line each. */
    List<String> faults() {
        return faults;
    }
}
