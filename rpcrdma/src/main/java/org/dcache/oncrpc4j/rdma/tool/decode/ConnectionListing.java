// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.decode;

import java.io.PrintWriter;
import java.util.Locale;
import org.dcache.oncrpc4j.rdma.capture.Direction;

/**
 * Prints connections one after the other, although their messages come mixed. A connection's lines are kept until it ends, or until all
 * together take more than {@value #MAX_KEPT} characters: then the one that adds a line is printed as far as it is, and goes on under its
 * heading later.
 */
final class ConnectionListing implements Listing {

    private static final long MAX_KEPT = 16 << 20;
    private static final String INDENT = "  ";
    /** Indent and line end. */
    private static final int AROUND = INDENT.length() + 1;

    private final PrintWriter out;
    private long kept;

    ConnectionListing(PrintWriter out) {
        this.out = out;
    }

    private final class Lines implements Section {
        private final String heading;
        private StringBuilder lines = new StringBuilder();
        private boolean begun;

        private Lines(String heading) {
            this.heading = heading;
        }

        @Override
        public void message(double seconds, Direction direction, String text) {
            line(String.format(Locale.ROOT, "%12.6f %s %s", seconds, direction == Direction.TO_SERVER ? ">" : "<", text));
        }

        @Override
        public void problem(String text) {
            line("! " + text);
        }

        @Override
        public void end(String summary) {
            line(summary);
            print();
        }

        private void line(String line) {
            lines.append(INDENT).append(line).append('\n');
            kept += line.length() + AROUND;
            if (kept > MAX_KEPT) {
                print();
            }
        }

        private void print() {
            out.println(heading + (begun ? ", continued" : ""));
            out.print(lines);
            out.println();
            out.flush();
            begun = true;
            kept -= Math.min(kept, lines.length());
            // Not its memory either: the connection may say nothing more for the rest of the capture.
            lines = new StringBuilder();
        }
    }

    @Override
    public Section section(String heading) {
        return new Lines(heading);
    }
}
