// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.html;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.dcache.oncrpc4j.rdma.tool.TextTable;

/**
 * Horizontal bars in groups, on one scale that starts at zero: as text for a terminal, or as SVG that is also a file by itself. Each series
 * has its colour, in the order in which they came. One thread.
 */
public final class BarChart {

    private static final int TEXT_WIDTH = 50;

    private static final int WIDTH = 760;
    private static final int LEFT = 150;
    private static final int RIGHT = 90;
    private static final int TOP = 28;
    private static final int BAR = 14;
    private static final int GAP = 8;
    /** Told apart on light and dark ground, also by who sees few colours. */
    private static final List<String> COLOURS = List.of("#8896a5", "#1f77b4", "#e0a030", "#c06050");

    private record Bar(String group, String series, double value) {
        String label() {
            return group.isEmpty() ? series : series.isEmpty() ? group : group + " " + series;
        }
    }

    private final String title;
    private final List<Bar> bars = new ArrayList<>();

    public BarChart(String title) {
        this.title = title;
    }

    /**
     * Bars of one group follow each other.
     *
     * @param group what is compared, such as a size
     * @param series who is compared; may be empty
     * @param value not negative
     */
    public BarChart bar(String group, String series, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(group + " " + series + ": expected a finite value of at least 0, got " + value);
        }
        bars.add(new Bar(group, series, value));
        return this;
    }

    public String text() {
        double most = most();
        int labels = bars.stream().mapToInt(bar -> bar.label().length()).max().orElse(0);
        StringBuilder text = new StringBuilder(title).append('\n');
        for (Bar bar : bars) {
            text.append("  ").append(bar.label()).append(" ".repeat(labels - bar.label().length())).append(" |")
                    .append("#".repeat((int) Math.round(share(bar, most) * TEXT_WIDTH))).append(' ')
                    .append(TextTable.number(bar.value())).append('\n');
        }
        return text.toString();
    }

    public String svg() {
        double most = most();
        List<String> series = bars.stream().map(Bar::series).distinct().toList();
        StringBuilder marks = new StringBuilder();
        int y = TOP;
        for (int i = 0; i < bars.size(); i++) {
            Bar bar = bars.get(i);
            boolean first = i == 0 || !bar.group().equals(bars.get(i - 1).group());
            y += i > 0 && first ? GAP : 0;
            double length = Math.max(1, share(bar, most) * (WIDTH - LEFT - RIGHT));
            marks.append(label(LEFT - 6, y, "end", bar.label()))
                    .append(String.format(Locale.ROOT, "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
                            LEFT, y, length, BAR - 2, COLOURS.get(series.indexOf(bar.series()) % COLOURS.size())))
                    .append(label(LEFT + (int) length + 5, y, "start", TextTable.number(bar.value())));
            y += BAR;
        }
        int height = y + GAP;
        return String.format(Locale.ROOT, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
                + "role=\"img\" "
                + "aria-label=\"%s\" font-family=\"system-ui, sans-serif\" font-size=\"11\" fill=\"currentColor\">%n", WIDTH, height, WIDTH,
                height, HtmlPage.escape(title))
                + "<text x=\"0\" y=\"14\" font-size=\"13\" font-weight=\"bold\">" + HtmlPage.escape(title) + "</text>\n" + marks
                + "</svg>\n";
    }

    private static String label(int x, int y, String anchor, String text) {
        return "<text x=\"" + x + "\" y=\"" + (y + BAR - 4) + "\" text-anchor=\"" + anchor + "\">" + HtmlPage.escape(text) + "</text>\n";
    }

    private double most() {
        return bars.stream().mapToDouble(Bar::value).max().orElse(0);
    }

    private static double share(Bar bar, double most) {
        return most == 0 ? 0 : bar.value() / most;
    }
}
