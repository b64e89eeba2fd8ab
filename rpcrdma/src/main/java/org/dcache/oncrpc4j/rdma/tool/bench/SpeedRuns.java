// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.dcache.oncrpc4j.rdma.tool.TextTable;
import org.dcache.oncrpc4j.rdma.tool.html.SpreadChart;

/**
 * The speed tables of several runs, each with JVMs of its own, as one: medians of the runs and how far they lie apart. One run says
 * little: the JVMs compile the same code in different ways, and the machine has its moods. One thread.
 */
final class SpeedRuns {

    private static final String RATIO = "x";

    private final List<SpeedTable> runs = new ArrayList<>();

    /** What the runs gave for one row of the table; values sorted, at least one. */
    private record Spread(SpeedTable.Row row, double[] values) {

        double lowest() {
            return values[0];
        }

        double highest() {
            return values[values.length - 1];
        }

        double median() {
            int half = values.length / 2;
            return values.length % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
        }

        SpeedTable.Row of(double value) {
            return new SpeedTable.Row(row.what(), row.floor(), row.aim(), row.better(), OptionalDouble.of(value), row.unit(), "");
        }

        long below() {
            long below = 0;
            for (double value : values) {
                below += of(value).verdict() == SpeedTable.Verdict.BELOW ? 1 : 0;
            }
            return below;
        }
    }

    void add(SpeedTable run) {
        runs.add(run);
    }

    /** The runs that there are so far. */
    int count() {
        return runs.size();
    }

    /** The rows that at least one run has a value for, in the order of the speed table. */
    private List<Spread> spreads() {
        List<Spread> spreads = new ArrayList<>();
        for (int i = 0; i < runs.get(0).rows().size(); i++) {
            int index = i;
            double[] values = runs.stream().map(run -> run.rows().get(index).measured()).flatMapToDouble(OptionalDouble::stream).sorted()
                    .toArray();
            if (values.length > 0) {
                spreads.add(new Spread(runs.get(0).rows().get(i), values));
            }
        }
        return spreads;
    }

    TextTable table() {
        TextTable table = new TextTable(runs.size() + " runs", "floor", "aim", "median", "lowest", "highest", "below", "verdict");
        for (Spread spread : spreads()) {
            String unit = spread.row().unit();
            table.row(spread.row().what(), TextTable.number(spread.row().floor()) + unit, TextTable.number(spread.row().aim()) + unit,
                    TextTable.number(spread.median()) + unit, TextTable.number(spread.lowest()) + unit,
                    TextTable.number(spread.highest()) + unit, Long.toString(spread.below()),
                    spread.of(spread.median()).verdict().text());
        }
        return table;
    }

    /** The ratios, which are better the larger they are. */
    SpreadChart chart() {
        SpreadChart chart = new SpreadChart("RDMA against TCP and the limit, " + runs.size()
                + " runs: lowest, median, highest; the mark is the floor");
        for (Spread spread : spreads()) {
            if (spread.row().better() && spread.row().unit().equals(RATIO)) {
                chart.row(spread.row().what(), spread.row().floor(), spread.lowest(), spread.median(), spread.highest());
            }
        }
        return chart;
    }
}
