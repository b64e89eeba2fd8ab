// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.decode;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.dcache.oncrpc4j.rdma.capture.Direction;
import org.dcache.oncrpc4j.rdma.tool.html.HtmlPage;

/**
 * What {@code decode --html} writes: each connection is a ladder, the client's side to the left and the server's to the right, with an
 * arrow for each message. Sends are thin arrows, transfers by RDMA thick ones. A browser shows no more than some ten thousand rows well,
 * so of each connection the first {@value #MAX_ROWS} are kept, of all together {@value #MAX_ALL}; how many are left out is said at the
 * place.
 */
final class LadderPage implements Listing {

    private static final int MAX_ROWS = 2000;
    private static final int MAX_ALL = 20_000;
    private static final int MAX_LADDERS = 1000;

    private static final String STYLE = """
            .ladder { border: 0; width: 100%; table-layout: fixed; font-size: 12px; }
            .ladder td { border: 0; white-space: normal; overflow-wrap: anywhere; text-align: left; padding: .1rem .4rem; }
            .ladder td.t { width: 6.5em; text-align: right; font-variant-numeric: tabular-nums; vertical-align: bottom; }
            .ladder td.m { border-left: 2px solid #8888; border-right: 2px solid #8888; padding: 0; }
            .arrow { display: flex; align-items: center; } .arrow i { flex: 1; border-top: 1px solid currentColor; }
            .rdma .arrow i { border-top-width: 4px; } .s { color: #1f77b4; } .c { color: #b06a10; }
            .said { padding: .1rem .6rem 0; color: CanvasText; } .c .said { text-align: right; }
            tr.problem td.m { background: #c0202022; padding: .1rem .6rem; } td.skip { text-align: center; font-style: italic; }
            """;

    private final HtmlPage page;
    private final List<Ladder> ladders = new ArrayList<>();
    private int rows;
    private int unshown;

    LadderPage(String file) {
        page = new HtmlPage("RPC over RDMA in " + file).style(STYLE)
                .text("Client to the left, server to the right. A thin arrow is a Send, a thick one a transfer by RDMA. Times are seconds "
                        + "since the first frame.");
    }

    private final class Ladder implements Section {
        private final String heading;
        private final StringBuilder html = new StringBuilder();
        private int own;
        private long skipped;
        private String summary = "";

        private Ladder(String heading) {
            this.heading = heading;
        }

        @Override
        public void message(double seconds, Direction direction, String text) {
            boolean server = direction == Direction.TO_SERVER;
            String line = server ? "<i></i>&#9654;" : "&#9664;<i></i>";
            row((server ? "s" : "c") + (text.contains("RDMA Write") || text.contains("RDMA Read") ? " rdma" : ""),
                    String.format(Locale.ROOT, "%.6f", seconds),
                    "<div class=\"said\">" + HtmlPage.escape(text) + "</div><div class=\"arrow\">" + line + "</div>");
        }

        @Override
        public void problem(String text) {
            row("problem", "!", HtmlPage.escape(text));
        }

        private void row(String kind, String time, String content) {
            if (own >= MAX_ROWS || rows >= MAX_ALL) {
                skipped++;
                return;
            }
            own++;
            rows++;
            html.append("<tr class=\"").append(kind).append("\"><td class=\"t\">").append(time).append("</td><td class=\"m\">")
                    .append(content).append("</td></tr>\n");
        }

        @Override
        public void end(String text) {
            summary = text;
        }
    }

    @Override
    public Section section(String heading) {
        Ladder ladder = new Ladder(heading);
        if (ladders.size() < MAX_LADDERS) {
            ladders.add(ladder);
        } else {
            unshown++;
            ladder.own = MAX_ROWS;
        }
        return ladder;
    }

    /** To be called once, at the end. */
    void write(Path file, List<String> sentences) throws IOException {
        sentences.forEach(page::text);
        for (Ladder ladder : ladders) {
            String skipped = ladder.skipped == 0 ? "" : "<tr><td class=\"t\"></td><td class=\"m skip\">and " + ladder.skipped
                    + " more rows, which decode without --html lists</td></tr>\n";
            page.heading(ladder.heading).raw("<table class=\"ladder\">\n" + ladder.html + skipped + "</table>\n").text(ladder.summary);
        }
        if (unshown > 0) {
            page.text("and " + unshown + " more connections, which decode without --html lists");
        }
        page.write(file);
    }
}
