// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.decode;

import java.io.PrintWriter;

/**
 * Prints connections one after the other, although their messages come mixed. A connection's lines are kept until it ends, or until all
 * together take more than {@value #MAX_KEPT} characters: then the one that adds a line is printed as far as it is, and goes on under its
 * heading later.
 */
final class ConnectionListing {

    private static final long MAX_KEPT = 16 << 20;

    private final PrintWriter out;
    private long kept;

    ConnectionListing(PrintWriter out) {
        this.out = out;
    }

    /** The lines of one connection. */
    final class Section {
        private final String heading;
        private final StringBuilder lines = new StringBuilder();
        private boolean begun;

        private Section(String heading) {
            this.heading = heading;
        }

        void line(String line) {
            lines.append("  ").append(line).append('\n');
            kept += line.length();
            if (kept > MAX_KEPT) {
                print();
            }
        }

        void end() {
            print();
        }

        private void print() {
            out.println(heading + (begun ? ", continued" : ""));
            out.print(lines);
            out.println();
            out.flush();
            begun = true;
            kept -= Math.min(kept, lines.length());
            lines.setLength(0);
        }
    }

    Section section(String heading) {
        return new Section(heading);
    }
}
