// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.tool.TextTable;

/** A bar chart as text: horizontal bars on one scale that starts at zero. One thread. */
final class TextPlot {

    private static final int WIDTH = 50;

    private record Bar(String label, double value) {}

    private final String title;
    private final List<Bar> bars = new ArrayList<>();

    TextPlot(String title) {
        this.title = title;
    }

    /** @param value not negative */
    TextPlot bar(String label, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(label + ": expected a finite value of at least 0, got " + value);
        }
        bars.add(new Bar(label, value));
        return this;
    }

    String render() {
        double most = bars.stream().mapToDouble(Bar::value).max().orElse(0);
        int labels = bars.stream().mapToInt(bar -> bar.label().length()).max().orElse(0);
        StringBuilder text = new StringBuilder(title).append('\n');
        for (Bar bar : bars) {
            int length = most == 0 ? 0 : (int) Math.round(bar.value() / most * WIDTH);
            text.append("  ").append(bar.label()).append(" ".repeat(labels - bar.label().length())).append(" |")
                    .append("#".repeat(length)).append(' ').append(TextTable.number(bar.value())).append('\n');
        }
        return text.toString();
    }
}
