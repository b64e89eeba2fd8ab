// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.StringJoiner;

/**
 * Columns of text, the first to the left, the others to the right. On a terminal, columns that do not fit stand in a block of their own
 * below, behind those that name the row, and groups of columns stay together.
 */
public final class TextTable {

    private static final String GAP = "  ";

    /** Columns that a table is narrower than the terminal: some stand below a title. */
    private static final int INDENT = 2;

    /** A head with this begins a group of columns, whose other heads say less. */
    private static final String GROUP = ": ";

    private final List<List<String>> rows = new ArrayList<>();
    private final int columns;
    private int keys = 1;

    public TextTable(String... heads) {
        columns = heads.length;
        rows.add(List.of(heads));
    }

    public TextTable row(String... cells) {
        if (cells.length != columns) {
            throw new IllegalArgumentException("expected " + columns + " cells, got " + cells.length);
        }
        rows.add(List.of(cells));
        return this;
    }

    /** So many columns, from the left, name the row. */
    public TextTable keys(int count) {
        keys = count;
        return this;
    }

    /** The heads and all rows. */
    public List<List<String>> rows() {
        return List.copyOf(rows);
    }

    public String render() {
        return render(Terminal.columns() - INDENT);
    }

    String render(int width) {
        int[] widths = new int[columns];
        rows.forEach(row -> {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        });
        StringJoiner blocks = new StringJoiner("\n");
        int from = keys;
        do {
            int to = fitting(widths, from, width);
            blocks.add(block(widths, from, to));
            from = to;
        } while (from < columns);
        return blocks.toString();
    }

    /** The end of the columns that fit behind those that name the row: whole groups, as long as one fits; one column at least. */
    private int fitting(int[] widths, int from, int width) {
        int used = Arrays.stream(widths, 0, keys).sum() + (keys - 1) * GAP.length();
        int groups = from;
        int to = from;
        while (to < columns && (to == from || used + GAP.length() + widths[to] <= width)) {
            used += GAP.length() + widths[to++];
            if (to == columns || rows.get(0).get(to).contains(GROUP)) {
                groups = to;
            }
        }
        return groups > from ? groups : to;
    }

    private String block(int[] widths, int from, int to) {
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < to; i = i == keys - 1 ? from : i + 1) {
                String pad = " ".repeat(widths[i] - row.get(i).length());
                line.append(i == 0 ? row.get(i) + pad : GAP + pad + row.get(i));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    /** A number with as many decimals as its size deserves. */
    public static String number(double value) {
        double magnitude = Math.abs(value);
        return String.format(Locale.ROOT, magnitude >= 100 ? "%,.0f" : magnitude >= 10 ? "%.1f" : "%.2f", value);
    }

    public static String number(OptionalDouble value) {
        return value.isPresent() ? number(value.getAsDouble()) : "-";
    }
}
