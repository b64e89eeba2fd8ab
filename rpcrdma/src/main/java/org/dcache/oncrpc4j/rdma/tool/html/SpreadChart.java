// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.html;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.dcache.oncrpc4j.rdma.tool.TextTable;

/**
 * Ratios that were measured several times, as SVG that is also a file by itself: a line from the lowest to the highest, a dot at the
 * median, red where that is below the mark for what is demanded. The scale starts at zero, and one is a line. One thread.
 */
public final class SpreadChart {

    private static final int WIDTH = 760;
    private static final int LEFT = 290;
    private static final int RIGHT = 60;
    private static final int TOP = 28;
    private static final int ROW = 20;
    private static final int MIDDLE = 10;
    private static final int BASELINE = 14;
    private static final String REACHED = "#1f77b4";
    private static final String BELOW = "#c03030";

    private record Row(String label, double demanded, double lowest, double median, double highest) {}

    private final String title;
    private final List<Row> rows = new ArrayList<>();

    public SpreadChart(String title) {
        this.title = title;
    }

    /** @param demanded what the median should be at least; all of them finite and not negative */
    public SpreadChart row(String label, double demanded, double lowest, double median, double highest) {
        if (!(demanded >= 0 && lowest >= 0 && lowest <= median && median <= highest && Double.isFinite(highest))) {
            throw new IllegalArgumentException(label + ": expected 0 <= lowest <= median <= highest, got " + lowest + ", " + median + ", "
                    + highest);
        }
        rows.add(new Row(label, demanded, lowest, median, highest));
        return this;
    }

    public String svg() {
        double most = Math.max(1, rows.stream().mapToDouble(row -> Math.max(row.demanded, row.highest)).max().orElse(1));
        int bottom = TOP + rows.size() * ROW;
        StringBuilder marks = new StringBuilder(line(at(1, most), TOP, at(1, most), bottom, "currentColor", 1, 0.4))
                .append(text(at(1, most), bottom + BASELINE, "middle", "1"));
        int y = TOP;
        for (Row row : rows) {
            String colour = row.median < row.demanded ? BELOW : REACHED;
            int middle = y + MIDDLE;
            marks.append(text(LEFT - 8, y + BASELINE, "end", row.label))
                    .append(line(at(row.lowest, most), middle, at(row.highest, most), middle, colour, 2, 1))
                    .append(line(at(row.demanded, most), y + 3, at(row.demanded, most), y + ROW - 3, "currentColor", 2, 0.6))
                    .append(String.format(Locale.ROOT, "<circle cx=\"%.1f\" cy=\"%d\" r=\"4\" fill=\"%s\"/>%n",
                            at(row.median, most), middle, colour))
                    .append(text(at(row.highest, most) + 8, y + BASELINE, "start", TextTable.number(row.median) + "x"));
            y += ROW;
        }
        return String.format(Locale.ROOT, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
                + "role=\"img\" "
                + "aria-label=\"%s\" font-family=\"system-ui, sans-serif\" font-size=\"11\" fill=\"currentColor\">%n", WIDTH, bottom + ROW,
                WIDTH, bottom + ROW, HtmlPage.escape(title))
                + "<text x=\"0\" y=\"14\" font-size=\"13\" font-weight=\"bold\">" + HtmlPage.escape(title) + "</text>\n" + marks
                + "</svg>\n";
    }

    private static double at(double value, double most) {
        return LEFT + value / most * (WIDTH - LEFT - RIGHT);
    }

    private static String line(double x, double y, double toX, double toY, String colour, int width, double opacity) {
        return String.format(Locale.ROOT, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"%d\" "
                + "stroke-opacity=\"%.1f\"/>%n", x, y, toX, toY, colour, width, opacity);
    }

    private static String text(double x, int y, String anchor, String text) {
        return String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>%n", x, y, anchor, HtmlPage.escape(text));
    }
}
